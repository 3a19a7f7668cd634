"""A hand that moves an explorer's controls in a browser, an eye on its pictures and an ear at its players."""

import base64
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from types import SimpleNamespace

import numpy as np
import soundfile
from helpers import ROOT
from reading import read_to_the_end

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

# Pictures and sounds of an explorer, as a reader gets them.
OBSERVE = """async (view) => {
  const listen = async (audio) => {
    let text = "";
    for (const byte of new Uint8Array(await (await fetch(audio.src)).arrayBuffer())) text += String.fromCharCode(byte);
    return [audio.getAttribute("aria-label"), btoa(text)];
  };
  const shown = (kind) => [...view.querySelectorAll(kind)].filter((part) => !part.closest("[hidden]"));
  const canvases = shown("canvas");
  return {
    pictures: canvases.map((canvas) => canvas.toDataURL()),
    labels: canvases.map((canvas) => canvas.getAttribute("aria-label")),
    files: await Promise.all(shown("audio").map(listen)),
    turn: Number(view.dataset.turn), ms: Number(view.dataset.figureMs),
    says: view.querySelector(".nn-status").textContent,
  };
}"""


class Hand:
    """Moves the controls of one explorer of a page, the first by itself, and looks and listens after each move."""

    def __init__(self, window, address: str, explorer: int = 0, patience: float = 8_000) -> None:
        self.window = window
        self.page = window.page
        self.page.set_default_timeout(patience)
        self.page.goto(address)
        read_to_the_end(self.page)
        self.view = self.page.locator(".nn-view").nth(explorer)
        self.controls = self.page.locator(".nn-controls").nth(explorer)
        self.view.scroll_into_view_if_needed()
        self.milliseconds: list[float] = []
        self.now = self.look(0)

    def look(self, after: int) -> dict:
        """What is there once the explorer has settled in a turn later than ``after``."""
        self.page.wait_for_function(
            "([view, after]) => view.dataset.state === 'ready' && Number(view.dataset.turn) > after",
            arg=[self.view.element_handle(), after],
        )
        seen = self.view.evaluate(OBSERVE)
        files = {label: io.BytesIO(base64.b64decode(file)) for label, file in seen.pop("files")}
        seen["sounds"] = {label: soundfile.read(file, dtype="float32") for label, file in files.items()}
        if after:  # the first picture waits for the engine to load
            self.milliseconds.append(seen["ms"])
        return seen

    def control(self, name: str):
        """The slider's handle, the list or the box that has this accessible name."""
        slider, list_, box = (self.controls.get_by_role(role, name=name, exact=True) for role in ROLES)
        return slider.or_(list_).or_(box)

    def by_keyboard(self, name: str, key: str, times: int = 1) -> None:
        self.control(name).focus()
        for _ in range(times):
            self.page.keyboard.press(key)

    def by_mouse(self, name: str, place: float) -> None:
        """Presses a slider at a part of its length, picks from a list by its position, or ticks a box."""
        control = self.control(name)
        control.scroll_into_view_if_needed()
        if control.get_attribute("role") == "slider":
            track = control.locator("xpath=ancestor::*[contains(@class, 'noUi-target')]").bounding_box()
            self.page.mouse.click(track["x"] + place * (track["width"] - 2) + 1, track["y"] + track["height"] / 2)
        elif control.get_attribute("type") == "checkbox":
            control.click()
        else:
            control.select_option(index=int(place))

    def by_finger(self, name: str, place: float) -> None:
        """Taps a slider at a part of its length."""
        handle = self.control(name)
        handle.scroll_into_view_if_needed()
        track = handle.locator("xpath=ancestor::*[contains(@class, 'noUi-target')]").bounding_box()
        self.page.touchscreen.tap(track["x"] + place * track["width"], track["y"] + track["height"] / 2)

    def on_pad(self, right: float, up: float) -> None:
        """Presses the pad at parts of its width and height."""
        area = self.view.locator(".nn-pad-area")
        box = area.bounding_box()
        area.click(position={"x": right * box["width"], "y": (1 - up) * box["height"]})

    def settled(self) -> tuple[dict, dict]:
        """What was there before the move and what is there after it."""
        before, self.now = self.now, self.look(self.now["turn"])
        return before, self.now

    def report(self, record_property, name: str) -> None:
        """Tell how long a picture took, which is the machine's affair and not judged."""
        told = median(self.milliseconds)
        record_property(f"{name}: median ms to a picture", told)
        print(f"{name}: {told:.0f} ms to a picture (median of {len(self.milliseconds)})")


ROLES = ("slider", "combobox", "checkbox")


@contextmanager
def hand_on_telephone(chromium, address: str, patience: float = 8_000) -> Iterator[Hand]:
    """A hand on a screen as wide as a telephone's, which is touched and not wider than itself."""
    context = chromium.new_context(viewport={"width": 390, "height": 800}, has_touch=True)
    try:
        hand = Hand(SimpleNamespace(page=context.new_page()), address, patience=patience)
        assert hand.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
        yield hand
    finally:
        context.close()


def changes(before: dict, after: dict) -> tuple[set[int], set[str]]:
    """Which pictures and which sounds are others."""
    pictures = {i for i, (a, b) in enumerate(zip(before["pictures"], after["pictures"], strict=True)) if a != b}
    return pictures, {label for label in after["sounds"] if not same(before["sounds"][label], after["sounds"][label])}


def wav(audio: np.ndarray, rate: int) -> dict:
    """A file to be chosen, from ``[samples]`` or ``[samples, channels]``."""
    data = io.BytesIO()
    soundfile.write(data, audio, rate, format="WAV", subtype="FLOAT")
    return {"name": "mine.wav", "mimeType": "audio/wav", "buffer": data.getvalue()}


def same(one: tuple[np.ndarray, int], other: tuple[np.ndarray, int]) -> bool:
    """Whether two sounds are one, sample rate and all."""
    return one[1] == other[1] and np.array_equal(one[0], other[0])


AT_REST = """Promise.all(document.getAnimations()
  .filter(({ effect }) => effect.getComputedTiming().endTime < Infinity)
  .map(({ finished }) => finished.catch(() => null)))"""


def violations(page, part: str = "html", levels: Sequence[str] = LEVELS) -> list[tuple[str, list[str]]]:
    """What axe finds against WCAG's levels A and AA, with the elements, in a part of the page (a CSS selector).

    Without levels it is asked for everything that it knows, good practice too. What moves comes to its end before.
    """
    page.evaluate(AT_REST)
    page.add_script_tag(path=str(AXE))
    options = {"resultTypes": ["violations"]} | ({"runOnly": levels} if levels else {})
    found = page.evaluate("([part, options]) => axe.run(part, options)", [part, options])
    return [(found["id"], [node["html"] for node in found["nodes"]]) for found in found["violations"]]
