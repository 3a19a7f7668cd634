"""Pages that hold one widget each, as the book's pages do: no kernel, the book's scripts and the page's engine."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from helpers import RATE, ROOT, decaying_note, sine
from ipywidgets import Widget, embed
from serve import serving

from nsynthlib import widgets

PAGE = """<!doctype html>
<html lang="en" data-content_root="./">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}</title>
<link rel="icon" href="data:,">
<style>body {{ font: 16px/1.5 sans-serif; margin: 1rem; }}</style>
<script defer src="_static/vendor/widgets.js"></script>
<script type="application/vnd.jupyter.widget-state+json">{state}</script>
</head>
<body>
<main>
<h1>{name}</h1>
<script type="application/vnd.jupyter.widget-view+json">{view}</script>
</main>
</body>
</html>
"""


def sounds() -> dict[str, np.ndarray]:
    """Two that anybody can tell apart, one 6 dB louder than the other."""
    return {"low": sine(220, 0.4, 1), "high": sine(880, 0.2, 1)}


Makers = Mapping[str, Callable[[], Widget]]
MAKE: Makers = {
    "sampling": lambda: widgets.sampling_explorer(sounds(), RATE),
    "stft": lambda: widgets.stft_explorer(decaying_note(10), RATE),
    "mel": lambda: widgets.mel_explorer(decaying_note(10), RATE),
    "fourier": lambda: widgets.fourier_explorer(decaying_note(10), RATE),
    "abx": lambda: widgets.abx(sounds(), RATE, trials=10),
}


@contextmanager
def served_pages(folder: Path, makers: Makers = MAKE) -> Iterator[str]:
    """The address of ``<name>.html`` for each widget in ``makers``, beside what the book's pages load."""
    write_pages(folder, makers)
    with serving(folder) as address:
        yield address


def write_pages(folder: Path, makers: Makers = MAKE) -> None:
    """The pages, the book's ``_static``, and the package's ``web`` with the numbers beside it."""
    (folder / "_static").symlink_to(ROOT / "book" / "_static", target_is_directory=True)
    (folder / "web").symlink_to(ROOT / "nsynthlib" / "web", target_is_directory=True)
    (folder / "constants.json").symlink_to(ROOT / "nsynthlib" / "constants.json")
    for name, make in makers.items():
        view = make()
        state = embed.dependency_state([view], drop_defaults=False)
        data = embed.embed_data(views=[view], drop_defaults=False, state=state)
        told = json.dumps(data["manager_state"]), json.dumps(data["view_specs"][0])
        (folder / f"{name}.html").write_text(PAGE.format(name=name, state=told[0], view=told[1]), encoding="utf-8")
