"""A player at the instrument's page, for its tests: what is pressed, what the instrument tells, what the page says."""

import base64
import re
from pathlib import Path

import numpy as np

from nsynthlib.audio import midi_to_hz

PAGE = "book/instrument.html"

# Writes down what the instrument tells, and reads samples of it.
LISTEN = """() => {
  window.told = [];
  for (const event of ["noteon", "noteoff"]) {
    instrument.on(event, ({ midi, velocity }) => told.push([event, midi, velocity]));
  }
  window.textOf = (samples) => {
    const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
    let text = "";
    for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
    return btoa(text);
  };
}"""


class Player:
    """A player at the page: what is pressed, what the instrument tells, what it says."""

    def __init__(self, page, address: str) -> None:
        self.page = page
        page.set_default_timeout(30_000)
        page.goto(address)
        page.wait_for_selector("#instrument[data-state=ready]")
        page.evaluate(LISTEN)

    def key(self, name: str):
        return self.page.locator(".nn-key").filter(has=self.page.get_by_text(name, exact=True))

    def place(self, name: str, down: float = 0.9) -> dict[str, float]:
        """A place on a key, `down` of its length from the far end."""
        box = self.key(name).bounding_box()
        return {"x": box["x"] + box["width"] / 2, "y": box["y"] + down * box["height"]}

    def told(self, count: int) -> list[list]:
        """The first ``count`` events since the last call."""
        self.page.wait_for_function("count => told.length >= count", arg=count)
        return self.page.evaluate("count => told.splice(0, count)", count)

    def settings(self) -> dict:
        return self.page.evaluate("({ ...instrument.settings })")

    def button(self, name: str):
        return self.page.get_by_role("button", name=name, exact=True)

    def unfold(self, name: str) -> None:
        part = self.page.locator("details.nn-folded").filter(has=self.page.get_by_text(name, exact=True))
        if part.get_attribute("open") is None:
            part.locator("summary").click()

    def choose(self, name: str, value: str) -> None:
        self.page.get_by_role("combobox", name=name, exact=True).select_option(value)

    def slide(self, name: str, value: float) -> None:
        self.page.get_by_role("slider", name=re.compile(name)).fill(str(value))

    def note(self, midi: int = 60) -> np.ndarray:
        """The model's note, at 16 kHz."""
        text = self.page.evaluate("async (midi) => textOf(await instrument.noteOf(midi, 100))", midi)
        return np.frombuffer(base64.b64decode(text), "<f4")

    def link(self) -> str:
        """The page's address, once it holds all settings."""
        self.page.wait_for_function("location.hash.slice(1) === instrument.link()")
        return self.page.url

    def says(self, pattern: str) -> None:
        self.page.locator(".nn-status").filter(has_text=re.compile(pattern)).wait_for()

    def begin_anew(self) -> None:
        """The page as it was opened: nothing held, nothing recorded, every setting at its default."""
        self.page.evaluate("document.activeElement.blur()")
        self.page.evaluate("instrument.allOff()")
        if self.button("Clear").is_enabled():
            self.button("Clear").click()
        self.button("Reset").click()
        self.page.evaluate("Object.assign(instrument.settings, { octave: 0, velocity: 100, own: '', point: '' })")
        self.page.wait_for_function("instrument.prepared().length > 0")
        self.page.evaluate("told.length = 0")

    def saved(self, name: str) -> tuple[str, bytes]:
        """The file that a button of the fold "Save" gives."""
        self.unfold("Save")
        with self.page.expect_download(timeout=60_000) as download:
            self.button(name).click()
        return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def cents_beside(sound: np.ndarray, rate: int, midi: int) -> float:
    """Cents from a key's pitch to the strongest line within a semitone of it."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 2**19))
    cents = 1200 * np.log2(np.maximum(np.fft.rfftfreq(2**19, 1 / rate), 1) / midi_to_hz(midi))
    near = np.abs(cents) < 100
    return float(cents[near][spectrum[near].argmax()])
