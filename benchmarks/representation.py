"""Representations compared by copy-synthesis, on notes that nobody tuned on: `python -m benchmarks.representation`.

Writes `benchmarks/representation.json`: for each candidate and group of notes the values a note takes, the medians of
log-spectral distance (dB), spectral convergence and pitch deviation (cents), and of the milliseconds that a note
takes back to sound. `--soundfont FOLDER` names the soundfont's test instruments.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Any

import librosa
import numpy as np
import torch
from torch import Tensor

from benchmarks.common import ROOT, circumstances, seconds
from benchmarks.copies import groups, pitch_deviation
from nsynthlib.spectral import (
    STFT,
    LogMel,
    from_instantaneous_frequency,
    griffin_lim,
    istft,
    log_spectral_distance,
    magnitude_to_audio,
    spectral_convergence,
    stft,
    to_instantaneous_frequency,
)

RESULT = ROOT / "benchmarks" / "representation.json"
LINEAR = STFT(2048, 512)
Parts = tuple[Tensor, ...]


@dataclass(frozen=True)
class Candidate:
    """A representation of a note, and the way back to its sound."""

    name: str
    represent: Callable[[Tensor], Parts]
    invert: Callable[..., Tensor]


def _magnitude(audio: Tensor) -> Parts:
    return (stft(audio, LINEAR).abs(),)


def _pghi_then(steps: int) -> Callable[[Tensor], Tensor]:
    return lambda magnitude: magnitude_to_audio(magnitude, LINEAR, 64_000, steps)


def _griffin_lim(steps: int) -> Callable[[Tensor], Tensor]:
    return lambda magnitude: griffin_lim(magnitude, LINEAR, 64_000, steps)


def _librosa(magnitude: Tensor) -> Tensor:
    audio = librosa.griffinlim(magnitude.numpy(), n_iter=32, hop_length=512, length=64_000, random_state=0)
    return torch.from_numpy(audio.astype(np.float32))


def _bands(n_mels: int, scale: str, n_fft: int = 2048, hop_length: int = 512, steps: int = 16) -> Candidate:
    log_mel = LogMel(n_mels, n_fft, hop_length, mel_scale=scale)
    return Candidate(
        f"mel {n_mels} {scale}, {n_fft}/{hop_length}, PGHI + {steps}",
        lambda audio: (log_mel(audio),),
        lambda db: log_mel.inverse(db, steps),
    )


CANDIDATES = [
    Candidate("linear 2048/512, PGHI", _magnitude, _pghi_then(0)),
    Candidate("linear 2048/512, Griffin-Lim 16", _magnitude, _griffin_lim(16)),
    Candidate("linear 2048/512, Griffin-Lim 32", _magnitude, _griffin_lim(32)),
    Candidate("linear 2048/512, librosa.griffinlim 32", _magnitude, _librosa),
    Candidate("linear 2048/512, PGHI + 16", _magnitude, _pghi_then(16)),
    Candidate("linear 2048/512, PGHI + 32", _magnitude, _pghi_then(32)),
    Candidate(
        "magnitude + instantaneous frequency 2048/512",
        lambda audio: to_instantaneous_frequency(stft(audio, LINEAR)),
        lambda magnitude, frequency: istft(from_instantaneous_frequency(magnitude, frequency), LINEAR, 64_000),
    ),
    *(_bands(n_mels, "htk") for n_mels in (128, 256, 384, 512)),
    _bands(256, "slaney"),
    *(_bands(384, "slaney", steps=steps) for steps in (0, 8, 16, 32)),
    _bands(486, "slaney", 2048, 640),
    _bands(585, "slaney", 3072, 768),
]


def measure(candidate: Candidate, notes: Tensor) -> dict[str, Any]:
    """The candidate's numbers on ``notes`` ``[notes, samples]``, one note after another."""
    candidate.invert(*candidate.represent(notes[0]))  # compiles and plans
    represented = [candidate.represent(audio) for audio in notes]
    copies: list[Tensor] = []
    times = [seconds(partial(_append, copies, candidate.invert, parts)) for parts in represented]
    pairs = list(zip(notes, copies, strict=True))
    return {
        "notes": len(notes),
        "values": sum(part.numel() for part in represented[0]),
        "lsd_db": round(statistics.median(float(log_spectral_distance(a, b)) for a, b in pairs), 3),
        "spectral_convergence": round(statistics.median(float(spectral_convergence(a, b)) for a, b in pairs), 4),
        "cents": round(statistics.median(pitch_deviation(a, b) for a, b in pairs), 3),
        "ms": round(1000 * statistics.median(times), 1),
    }


def _append(copies: list[Tensor], invert: Callable[..., Tensor], parts: Parts) -> None:
    copies.append(invert(*parts))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.representation", description=__doc__)
    parser.add_argument("--soundfont", metavar="FOLDER", help="notes of the soundfont's test instruments")
    folder = parser.parse_args().soundfont
    if folder:
        os.environ["SOUNDFONT_NOTES"] = folder
    results: list[dict[str, Any]] = []
    missing: dict[str, str] = {}
    for group, notes in groups().items():
        if isinstance(notes, str):
            missing[group] = notes
            print(f"{group}: {notes}")
            continue
        for candidate in CANDIDATES:
            found = {"representation": candidate.name, "group": group, **measure(candidate, notes)}
            results.append(found)
            print(
                f"{group:10} {candidate.name:46} {found['values']:7d} values {found['lsd_db']:7.3f} dB  "
                f"SC {found['spectral_convergence']:.4f} {found['cents']:7.3f} cents {found['ms']:6.1f} ms",
                flush=True,
            )
    about = circumstances(librosa=version("librosa"), **({"missing": missing} if missing else {}))
    RESULT.write_text(json.dumps({"circumstances": about, "results": results}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
