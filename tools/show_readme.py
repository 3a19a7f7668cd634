"""What the README shows: a phrase played by the shipped CVAE and pictures of a morph, `python tools/show_readme.py`."""

from __future__ import annotations

import tempfile
from pathlib import Path

import soundfile
import torch

from nsynthlib import CVAE, plots, pocket, render_melody
from nsynthlib.audio.encoding import encode_mp3
from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.files import atomic
from nsynthlib.generation import morph
from nsynthlib.playing import PlayedNote

STATIC = Path(__file__).parents[1] / "book" / "_static"
PHRASE = (60, 64, 67, 72)  # MIDI numbers, up and then together
FAMILY = "flute"
STEP = 0.6  # seconds from one note of the phrase to the next
FROM, TO = "guitar_acoustic_024-059-100", "string_acoustic_042-050-100"  # notes of the pocket set


def phrase() -> list[PlayedNote]:
    """The notes of the phrase: one after the other, then the chord of them."""
    line = [PlayedNote(i * STEP, (i + 0.9) * STEP, pitch, 100, FAMILY) for i, pitch in enumerate(PHRASE)]
    together = len(PHRASE) * STEP
    return line + [PlayedNote(together, together + 3 * STEP, pitch, 75, FAMILY) for pitch in PHRASE]


def main() -> None:
    model = CVAE.from_pretrained()
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "phrase.wav"
        render_melody(model, phrase(), wav, seed=0)
        audio, _ = soundfile.read(wav, dtype="float32")
    with atomic(STATIC / "phrase.mp3") as partial:
        partial.write_bytes(encode_mp3(audio, SAMPLE_RATE))

    (guitar,), (cello,) = (pocket().filter(name=name) for name in (FROM, TO))
    titles = ("a guitar", "one quarter", "half-way", "three quarters", "a cello")
    steps = morph(model, guitar, cello, len(titles))
    figure = plots.spectrograms(
        {title: model.log_mel(torch.as_tensor(step)) for title, step in zip(titles, steps, strict=True)},
        model.log_mel,
        columns=len(titles),
    )
    with atomic(STATIC / "morph.png") as partial:
        figure.savefig(partial, format="png", dpi=88, pil_kwargs={"optimize": True})


if __name__ == "__main__":
    main()
