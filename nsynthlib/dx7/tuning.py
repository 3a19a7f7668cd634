"""At which pitch a voice is heard, and whether velocity changes it: measured, since its bytes do not say it plainly.

A voice sounds at its key, or octaves from it by its transposition and the ratios of its operators; or it sounds an
interval, the same frequency at every key, or no pitch at all.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass

import numpy as np
import torch

from nsynthlib.audio.pitch import estimate_pitch
from nsynthlib.dx7.engine import Synth
from nsynthlib.errors import DataError

KEYS, PITCHES = (48, 60, 72), (30, 43, 55, 67, 80, 92)  # that are listened to: first the ones, then the others
SOFT, USUAL, LOUD = 25, 100, 127  # velocities
NEAR = 0.5  # semitones
ENOUGH = 0.8  # of the notes that are asked for by their pitch


@dataclass(frozen=True)
class Tuning:
    """What was heard of a voice.

    Attributes:
        sounds: semitones from the key pressed to the pitch heard.
        responds: whether velocity changes anything.
        sound: of one note, a digest of its samples, by which voices that sound the same are found.
        fault: why the voice cannot be used, if it cannot.

    >>> Tuning(sounds=-12).responds
    True
    """

    sounds: int = 0
    responds: bool = True
    sound: str = ""
    fault: str | None = None


def tune(packed: bytes) -> Tuning:
    """Listen to a voice at three keys for how many octaves from them it sounds, then at six pitches, soft and loud.

    A voice that sounds elsewhere, or not at all, in more than a fifth of those twelve notes is faulty.

    >>> heard = tune(find_banks()[0].voices[10].packed)
    >>> heard.sounds, heard.responds, heard.fault
    (0, True, None)
    """
    synth = Synth(packed, 1.0)
    offsets = [heard - key for key in KEYS if (heard := _heard(synth, key, USUAL)) is not None]
    if not offsets:
        return Tuning(fault="no pitch is heard")
    octaves = Counter(12 * round(offset / 12) for offset in offsets if abs((offset + 6) % 12 - 6) <= NEAR)
    if not octaves:
        return Tuning(fault=f"sounds {np.median(offsets):+.1f} semitones from its key, which is no octave")
    sounds = octaves.most_common(1)[0][0]
    wrong = 0
    probes = [(pitch, velocity) for pitch in PITCHES if 0 <= pitch - sounds <= 127 for velocity in (SOFT, LOUD)]
    for pitch, velocity in probes:
        heard = _heard(synth, pitch - sounds, velocity)
        wrong += heard is None or abs(heard - pitch) > NEAR
    if wrong > (1 - ENOUGH) * len(probes):
        return Tuning(fault=f"sounds {sounds:+d} semitones from its key, but not so in {wrong} of {len(probes)} notes")
    soft, usual, loud = (synth.note(60 - sounds, velocity) for velocity in (SOFT, USUAL, LOUD))
    return Tuning(sounds, not np.array_equal(soft, loud), hashlib.sha256(usual.tobytes()).hexdigest())


def _heard(synth: Synth, key: int, velocity: int) -> float | None:
    try:
        return estimate_pitch(torch.from_numpy(synth.note(key, velocity)))
    except DataError:
        return None
