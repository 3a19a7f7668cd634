"""What others have published of their neural synthesisers, with the place where each number stands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).with_suffix(".json")
KINDS = ("samples", "spectra and GANs", "synthesis and networks", "codecs and language", "diffusion", "live")


class Published(NamedTuple):
    """A system as its makers describe it; None where no number was found in a text that could be read."""

    system: str
    year: int  #: of the paper, or of the release where there is none
    kind: str  #: one of ``KINDS``
    models: str  #: what the network gives, in a few words
    reached: str  #: a result, in a few words
    sources: tuple[str, ...]  #: keys of the book's bibliography
    parameters: float | None = None  #: weights of the largest or, where ``reached`` says so, the smallest model
    audio_hours: float | None = None  #: hours of sound that it learned from
    device_days: float | None = None  #: days of training, times the number of devices
    device: str | None = None  #: which device that was
    times_real_time: float | None = None  #: seconds of sound a second
    on: str | None = None  #: on which machine, or how that number was found
    latency_ms: float | None = None  #: from a control to the sound, at most
    kbps: float | None = None  #: the lowest rate of a codec, in kilobits a second


def published() -> list[Published]:
    """The systems in ``published.json``, oldest first.

    >>> published()[0].system
    'WaveNet'
    """
    rows = json.loads(FILE.read_text(encoding="utf-8"))
    found = [Published(**{**row, "sources": tuple(row["sources"])}) for row in rows]
    return sorted(found, key=lambda row: row.year)
