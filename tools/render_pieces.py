"""The pieces to listen to that come with the package, rendered by the shipped CVAE: `python tools/render_pieces.py`."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import soundfile
import torch
from ship_weights import code_version

from nsynthlib import CVAE
from nsynthlib.audio.encoding import encode_mp3
from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.evaluation.record import weights_sha256, write_results
from nsynthlib.files import atomic
from nsynthlib.generation import generate_batch, morph_z, sample_z
from nsynthlib.playing import PlayedNote, hold, play, render_melody
from nsynthlib.playing.pieces import FOLDER, GREENSLEEVES, GREENSLEEVES_BASS, phrase, prelude, round_for_three

SEED = 4
TEMPERATURE = 0.7
LARGEST = 1_000_000  # bytes of all together


def rendered(model: CVAE, notes: list[PlayedNote], seed: int = SEED) -> np.ndarray:
    """The piece, float32 ``[samples]``."""
    with tempfile.TemporaryDirectory() as folder:
        render_melody(model, notes, Path(folder) / "piece.wav", seed=seed, temperature=TEMPERATURE)
        audio: np.ndarray = soundfile.read(Path(folder) / "piece.wav", dtype="float32")[0]
    return audio


def changing(model: CVAE, notes: list[PlayedNote], first: torch.Tensor, last: torch.Tensor) -> np.ndarray:
    """One voice, whose every note has a place of its own on the way from the latent vector ``first`` to ``last``."""
    places = torch.linspace(0, 1, len(notes)).tolist()
    z = torch.stack([morph_z(first, last, place) for place in places])
    pitches, (first_note, *_) = [note.pitch for note in notes], notes
    sounds = generate_batch(model, pitch=pitches, family=first_note.family, velocity=first_note.velocity, z=z)
    mix = np.zeros(round((notes[-1].end + 2) * SAMPLE_RATE))
    for note, sound in zip(notes, sounds, strict=True):
        at, played = round(note.start * SAMPLE_RATE), play(hold(sound), note.end - note.start)
        mix[at : at + len(played)] += played
    return mix


def greensleeves(model: CVAE, tempo: float = 112.0) -> np.ndarray:
    """The voice turns from a flute into a string above a plucked bass."""
    z = (sample_z(model, 72, name, seed, TEMPERATURE) for name, seed in (("flute", 4), ("string", 3)))
    voice = changing(model, phrase(GREENSLEEVES, "flute", tempo=tempo, velocity=100, legato=0.97), *z)
    beat = 60 / tempo
    bass = " ".join(f"{pitch}:1 {pitch}:2" for pitch in GREENSLEEVES_BASS.split())
    below = rendered(model, phrase(bass, "guitar", tempo=tempo, start=beat, velocity=75, transpose=12))
    voice[: len(below)] += 0.7 * below[: len(voice)]
    return voice


def main() -> None:
    model = CVAE.from_pretrained()
    pieces = {
        "round": rendered(model, round_for_three()),
        "prelude": rendered(model, prelude()),
        "greensleeves": greensleeves(model),
    }
    FOLDER.mkdir(exist_ok=True)
    about, size = {}, 0
    for name, audio in pieces.items():
        data = encode_mp3(0.89 * audio / np.abs(audio).max(), SAMPLE_RATE)
        with atomic(FOLDER / f"{name}.mp3") as partial:
            partial.write_bytes(data)
        size += len(data)
        about[name] = {"seconds": round(len(audio) / SAMPLE_RATE, 2), "bytes": len(data)}
        print(f"{FOLDER / name}.mp3: {len(audio) / SAMPLE_RATE:.1f} s, {len(data) / 1000:.0f} kB")
    write_results(
        FOLDER / "pieces.json",
        {
            "weights": weights_sha256("cvae"),
            "seed": SEED,
            "temperature": TEMPERATURE,
            "code": code_version(),
            "pieces": about,
        },
    )
    if size > LARGEST:
        raise SystemExit(f"the pieces have {size:,} bytes together, more than {LARGEST:,}: shorten one")


if __name__ == "__main__":
    main()
