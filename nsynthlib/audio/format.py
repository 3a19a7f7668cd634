"""What every note of the project is: NSynth's format (Engel et al. 2017)."""

from __future__ import annotations

from nsynthlib.constants import CONSTANTS

SAMPLE_RATE: int = CONSTANTS["sample_rate"]  # hertz
SAMPLES: int = CONSTANTS["note_samples"]  # of a note, four seconds
HELD_SECONDS: float = CONSTANTS["held_seconds"]  # that the key is down; the rest is the release
