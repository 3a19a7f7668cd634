"""Pages that hold one widget each, as the book's pages do: no kernel, the book's scripts and the page's engine."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from ipywidgets import Widget, embed
from serve import server

from nsynthlib import widgets

ROOT = Path(__file__).resolve().parent.parent
RATE = 16_000
MANAGER = "_static/vendor/@jupyter-widgets/html-manager/dist/embed-amd.js"

PAGE = """<!doctype html>
<html lang="en" data-content_root="./">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}</title>
<link rel="icon" href="data:,">
<style>body {{ font: 16px/1.5 sans-serif; margin: 1rem; }}</style>
<script src="_static/vendor/requirejs/require.js"></script>
<script src="_static/vendor-config.js"></script>
<script data-jupyter-widgets-cdn="absent/" src="{manager}"></script>
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


def note() -> np.ndarray:
    """A decaying tone of ten partials and faint noise, float32 [64000]."""
    time = np.arange(64_000) / RATE
    partials = [np.sin(2 * np.pi * 220 * k * time + k) * np.exp(-time * (0.5 + 0.2 * k)) / k for k in range(1, 11)]
    noise = np.random.default_rng(0).standard_normal(len(time))
    return (0.3 * np.sum(partials, axis=0) + 3e-3 * noise).astype(np.float32)


def sounds() -> dict[str, np.ndarray]:
    """Two that anybody can tell apart, one 6 dB louder than the other."""
    time = np.arange(RATE) / RATE
    return {"low": 0.4 * np.sin(2 * np.pi * 220 * time), "high": 0.2 * np.sin(2 * np.pi * 880 * time)}


Makers = Mapping[str, Callable[[], Widget]]
MAKE: Makers = {
    "sampling": widgets.sampling_explorer,
    "stft": lambda: widgets.stft_explorer(note(), RATE),
    "mel": lambda: widgets.mel_explorer(note(), RATE),
    "abx": lambda: widgets.abx(sounds(), RATE, trials=10),
}


@contextmanager
def served_pages(folder: Path, makers: Makers = MAKE) -> Iterator[str]:
    """The address of ``<name>.html`` for each widget in ``makers``, beside what the book's pages load."""
    write_pages(folder, makers)
    with server(str(folder), 0) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()


def write_pages(folder: Path, makers: Makers = MAKE) -> None:
    """The pages, the book's ``_static`` and the package's ``web``."""
    (folder / "_static").symlink_to(ROOT / "book" / "_static", target_is_directory=True)
    (folder / "web").symlink_to(ROOT / "nsynthlib" / "web", target_is_directory=True)
    for name, make in makers.items():
        view = make()
        state = embed.dependency_state([view], drop_defaults=False)
        data = embed.embed_data(views=[view], drop_defaults=False, state=state)
        told = json.dumps(data["manager_state"]), json.dumps(data["view_specs"][0])
        (folder / f"{name}.html").write_text(
            PAGE.format(name=name, manager=MANAGER, state=told[0], view=told[1]), encoding="utf-8"
        )
