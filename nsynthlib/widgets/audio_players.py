"""Sounds on a page, as loud as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nsynthlib.audio.encoding import check_rate
from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.audio.html import player_html
from nsynthlib.audio.levels import dbfs, peak_and_rms
from nsynthlib.data.sound import Sound, read_sound
from nsynthlib.errors import UsageError
from nsynthlib.values import shown


class Player:
    """One sound with its name and its controls, as loud as it is.

    >>> import numpy as np
    >>> Player(0.5 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000), "A4")
    Player('A4': 1.00 s, peak -6.0 dBFS, RMS -9.0 dBFS)
    """

    def __init__(self, audio: Sound, label: str, sample_rate: int = SAMPLE_RATE) -> None:
        self.audio = read_sound(audio).numpy()
        self.label = str(label)
        self.sample_rate = check_rate(sample_rate)

    def __repr__(self) -> str:
        peak, rms = peak_and_rms(self.audio)
        seconds = len(self.audio) / self.sample_rate
        return f"Player({self.label!r}: {seconds:.2f} s, peak {dbfs(peak):.1f} dBFS, RMS {dbfs(rms):.1f} dBFS)"

    def _repr_html_(self) -> str:
        return player_html(self.audio, self.sample_rate, self.label)


class Players:
    """Several sounds side by side, to be compared.

    >>> from nsynthlib import pocket
    >>> pair = Players([Player(note, note.family) for note in (pocket()[0], pocket()[20])])
    >>> len(pair.items), pair.items[0].label
    (2, 'bass')
    """

    def __init__(self, items: Sequence[Player]) -> None:
        self.items = tuple(items)
        for item in self.items:
            if not isinstance(item, Player):
                raise UsageError(
                    f"players are made of a list of player(), or of sounds by labels, not of {shown(item)}"
                )

    def __repr__(self) -> str:
        return "\n".join(repr(item) for item in self.items)

    def _repr_html_(self) -> str:
        figures = "".join(item._repr_html_() for item in self.items)
        columns = "repeat(auto-fill, minmax(min(15rem, 100%), 1fr))"
        style = f"display: grid; grid-template-columns: {columns}; gap: 0 1.5rem"
        return f'<div class="nn-players" style="{style}">{figures}</div>'


def player(audio: Sound, label: str, sample_rate: int = SAMPLE_RATE) -> Player:
    """A player of one sound, never made louder or softer.

    Args:
        audio: ``[samples]`` in [-1, 1], or int16, or a note.
        label: what it is, for the eye and for a screen reader.
        sample_rate: in hertz, 3000 to 768000.

    Raises:
        UsageError: if the sound would clip or is no sound, or for another sample rate; the line says what to do.

    >>> import numpy as np
    >>> quiet = player(0.05 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000), "the same, 20 dB softer")
    >>> quiet  # a notebook shows its controls
    Player('the same, 20 dB softer': 1.00 s, peak -26.0 dBFS, RMS -29.0 dBFS)
    """
    return Player(audio, label, sample_rate)


def players(items: Mapping[str, Sound] | Sequence[Player], sample_rate: int = SAMPLE_RATE) -> Players:
    """Several players side by side: a list of :func:`player`, or sounds by their labels.

    >>> import numpy as np
    >>> sine = np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)
    >>> players({"loud": 0.5 * sine, "soft": 0.05 * sine})
    Player('loud': 1.00 s, peak -6.0 dBFS, RMS -9.0 dBFS)
    Player('soft': 1.00 s, peak -26.0 dBFS, RMS -29.0 dBFS)
    """
    if isinstance(items, Mapping):
        items = [Player(audio, label, sample_rate) for label, audio in items.items()]
    return Players(items)
