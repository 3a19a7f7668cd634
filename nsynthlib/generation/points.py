"""Real instruments as points of the latent space: the pocket notes, encoded."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from nsynthlib.data.notes import Note
from nsynthlib.data.sets import pocket, pocket_instruments
from nsynthlib.generation.notes import condition_of_sound
from nsynthlib.models.autoencoders import CVAE, need_model
from nsynthlib.models.condition import read_family

MOST = 3  # of a family
PITCH, VELOCITY = 60, 100  # the note of an instrument that lies nearest to these is encoded


class Point(NamedTuple):
    """An instrument: its name, as its soundfont has it, its family, and its latent vector ``z`` ``[latent_dim]``."""

    name: str
    family: str
    z: Tensor


@torch.inference_mode()
def points_of(model: CVAE, family: str) -> tuple[Point, ...]:
    """At most three instruments of a family, in the order of the pocket set.

    Of each, the pocket note nearest to middle C and then to velocity 100 is encoded, to the posterior's mean.

    Raises:
        UsageError: for what is no CVAE, or a family that there is not.

    >>> [point.name for point in points_of(CVAE.from_pretrained(), "flute")]
    ['Flute', 'Recorder']
    """
    need_model(model, "points of a latent space", CVAE)
    notes = pocket().filter(family=read_family(family))
    found = []
    for instrument, name in pocket_instruments().items():
        own = notes.filter(instrument=instrument)
        if len(own):
            note = min(own, key=lambda one: (abs(one.pitch - PITCH), abs(one.velocity - VELOCITY)))
            found.append(Point(name, family, _encode(model, note)))
    return tuple(found[:MOST])


def _encode(model: CVAE, note: Note) -> Tensor:
    told = condition_of_sound(note.audio, note.pitch, note.family, note.velocity).to(model.device)
    db = model.log_mel(note.audio.to(model.device))[None]  # [1, n_mels, frames]
    return model.encode(db, told)[0][0].cpu().round(decimals=4)
