"""A sound as HTML that needs nothing beside it: what notebooks and pages show of it."""

from __future__ import annotations

import html

import numpy as np

from nsynthlib.audio.encoding import data_url


def player_html(audio: np.ndarray, sample_rate: int, label: str) -> str:
    """A labelled player of ``audio`` ``[samples]`` in [-1, 1]; the sound travels inside."""
    name = html.escape(label)
    return (
        '<figure class="nn-player" style="min-width: 0; max-width: 30rem; margin: 0.5rem 0">'
        f'<figcaption style="margin: 0 0 0.25rem; color: inherit; text-align: left">{name}</figcaption>'
        f'<audio controls preload="metadata" aria-label="{name}" src="{data_url(audio, sample_rate)}"'
        ' style="display: block; width: 100%; height: 2.6rem"></audio></figure>'
    )
