"""A page with nothing but the instrument's core on it, made of the modules as they are now."""

import base64
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from helpers import NODE, ROOT
from serve import serving

ESBUILD = ROOT / "node_modules" / "esbuild" / "bin" / "esbuild"
STATIC = ROOT / "book" / "_static"

# What pages load: the engine's worker, and beside the core the parts of it that tests ask by themselves.
WORKER = 'import "./nsynthlib/web/engine/worker.mjs";'
CORE = """
export { makeInstrument } from "./nsynthlib/web/instrument/core.mjs";
export * from "./nsynthlib/web/instrument/settings.mjs";
export * from "./nsynthlib/web/instrument/latent.mjs";
export * from "./nsynthlib/web/instrument/vector_text.mjs";
export * from "./nsynthlib/web/dsp/sustain.mjs";
export * from "./nsynthlib/web/dsp/upsample.mjs";
"""

HELPERS = """() => {
window.take = (text, Kind) => new Kind(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
window.give = (values) => {
  const bytes = new Uint8Array(values.buffer);
  let text = "";
  for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
  return btoa(text);
};
window.until = (done) => new Promise((resolve) => {
  const look = () => (done() ? resolve() : setTimeout(look, 10));
  look();
});
}"""


def packed(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def unpacked(text: str, kind: str = "<f4") -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), kind)


def bundle(code: str, out: Path) -> None:
    command = [NODE, ESBUILD, "--bundle", "--minify", "--format=esm", f"--outfile={out}", "--log-level=warning"]
    subprocess.run(command, input=code, text=True, check=True, cwd=ROOT)


@contextmanager
def instrument_site(folder: Path) -> Iterator[str]:
    """The address of a site whose ``_static`` holds the core, the worker, the runtime and the exported models."""
    engine = folder / "_static" / "nsynthlib"
    engine.mkdir(parents=True)
    (folder / "_static" / "vendor").symlink_to(STATIC / "vendor", target_is_directory=True)
    for path in [*(STATIC / "nsynthlib").glob("cvae_*.onnx"), STATIC / "nsynthlib" / "manifest.json"]:
        (engine / path.name).symlink_to(path)
    bundle(WORKER, engine / "worker.mjs")
    bundle(CORE, engine / "core.mjs")
    with serving(folder) as address:
        yield address


class Bench:
    """A page with an instrument, ``instrument``, of given settings, and its parts as ``core``."""

    def __init__(self, window: Any, address: str) -> None:
        self.window, self.page = window, window.page
        window.open_html(f"{address}/bench.html", "<!doctype html><title>-</title>")
        self.page.evaluate(HELPERS)

    def run(self, body: str, **given: Any) -> Any:
        """What JavaScript gives beside ``core``, ``instrument`` and ``given``."""
        load = "const core = await import('/_static/nsynthlib/core.mjs'); const { instrument } = window;"
        return self.page.evaluate(f"async (given) => {{ {load} {body} }}", given)

    def start(self, **settings: Any) -> None:
        """Make an instrument, another one if there is one, and wait until it can be played."""
        self.run(
            """instrument?.close();
            window.instrument = core.makeInstrument({ settings: given });
            window.errors = [];
            window.instrument.on("error", (words) => window.errors.push(words));
            await window.instrument.ready;""",
            **settings,
        )

    def set(self, **settings: Any) -> None:
        self.run("Object.assign(instrument.settings, given);", **settings)

    def note(self, midi: int, velocity: int = 100) -> np.ndarray:
        """The model's note, float32 ``[64000]``."""
        made = "return give(await instrument.noteOf(given.midi, given.velocity));"
        return unpacked(self.run(made, midi=midi, velocity=velocity))

    def render(self, events: list[tuple[int, int, float, float]], rate: int = 48_000) -> np.ndarray:
        """What ``(midi, velocity, start, end)`` sound like, float32 ``[samples]``."""
        named = [dict(zip(("midi", "velocity", "start", "end"), event, strict=True)) for event in events]
        made = "return give(await instrument.render(given.events, given.rate));"
        return unpacked(self.run(made, events=named, rate=rate))
