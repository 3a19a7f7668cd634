"""How long the instrument takes on the built page: ``python tools/time_instrument.py``.

Prints how long a key waits for its sound, of notes that are prepared and of notes that are not, and how long all keys
take to be prepared after a change of timbre. Not a test: the time is the machine's affair too, so give it one with
nothing else to do. Another page that has ``window.instrument`` can be named: ``... ADDRESS``.
"""

import os
import sys
from pathlib import Path
from statistics import median

from playwright.sync_api import Page
from reading import SOUND, chromium
from serve import serving

SITE = Path(__file__).resolve().parent.parent / "_build" / "html"
PAGE = "book/instrument.html"
CHANGES, PRESSES = 5, 10
TIMEOUT = 120_000  # milliseconds

# A key is pressed right after a change, so that nothing is prepared but other notes are being made.
MEASURE = """async ({ changes, presses }) => {
  const { instrument } = window;
  const all = () => new Promise((resolve) => {
    const look = (ready) => ready.length >= keys.length && (end(), resolve());
    const end = instrument.on("prepared", look);
    look(instrument.prepared());
  });
  const keys = Array.from({ length: 24 }, (_, i) => 48 + i);
  const play = async (midi) => {
    const before = instrument.latencies().length;
    const heard = new Promise((resolve) => {
      const end = instrument.on("noteon", () => (end(), resolve()));
    });
    instrument.noteOn(midi, 100);
    if (instrument.latencies().length === before) await heard;
    instrument.noteOff(midi);
    return instrument.latencies().at(-1);
  };
  const times = { opened: performance.now() };
  await all();
  times.first = performance.now();
  times.prepared = [];
  for (const midi of keys) times.prepared.push(await play(midi));
  times.changes = [];
  for (let i = 1; i <= changes; i++) {
    const began = performance.now();
    instrument.settings.x = i / 10;
    await all();
    times.changes.push(performance.now() - began);
  }
  times.unprepared = [];
  for (let i = 1; i <= presses; i++) {
    instrument.settings.y = i / 10;
    await new Promise((resolve) => setTimeout(resolve, 20 + 13 * i)); // into the making of other notes
    times.unprepared.push(await play(i % 2 ? 48 : 71));
    await all();
  }
  times.base = 1000 * instrument.context.baseLatency;
  return times;
}"""


def milliseconds(latencies: list[dict], prepared: bool) -> list[float]:
    return [one["ms"] for one in latencies if one["prepared"] is prepared]


def report(times: dict) -> None:
    """Print one line for each figure."""
    ready, unready = milliseconds(times["prepared"], True), milliseconds(times["unprepared"], False)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"a first note can be played {times['opened'] / 1000:.1f} s after the page was opened")
    print(f"all keys are prepared {(times['first'] - times['opened']) / 1000:.1f} s after that moment")
    for name, waited in (("prepared", ready), ("not prepared", unready)):
        least, middle, most = min(waited), median(waited), max(waited)
        print(f"key to start(), {name}: median {middle:.1f} ms, {least:.1f} to {most:.1f} ms of {len(waited)}")
    print(f"all keys after a change: median {median(times['changes']) / 1000:.2f} s of {len(times['changes'])}")
    print(f"from start() to the device: {times['base']:.1f} ms more, as the browser tells it")


def measure(page: Page, address: str) -> dict:
    page.set_default_timeout(TIMEOUT)
    page.goto(address)
    page.wait_for_function("window.instrument")
    page.evaluate("window.instrument.ready.then(() => true)")
    return page.evaluate(MEASURE, {"changes": CHANGES, "presses": PRESSES})


def main() -> None:
    given = sys.argv[1] if len(sys.argv) > 1 else None
    if not (given or (SITE / PAGE).exists()):
        sys.exit("time_instrument: build the book first")
    with serving(SITE) as site, chromium(SOUND) as browser:
        report(measure(browser.new_page(), given or f"{site}/{PAGE}"))


if __name__ == "__main__":
    main()
