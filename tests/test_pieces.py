"""The pieces that come with the package: what is written in them, and what is heard."""

import json

import numpy as np
import pytest

from nsynthlib.audio import estimate_pitch, midi_to_hz
from nsynthlib.evaluation.record import weights_sha256
from nsynthlib.playing import listening_examples
from nsynthlib.playing.pieces import FOLDER, TITLES, phrase, prelude, round_for_three

RATE = 16_000


@pytest.fixture(scope="module")
def pieces():
    return dict(zip(TITLES, listening_examples().values(), strict=True))


def test_a_phrase_counts_in_beats():
    notes = phrase("A4:1 C#5:.5 Eb4:2", "reed", tempo=90, start=1.0, transpose=-12, legato=0.5)
    beat = 60 / 90
    assert [note.pitch for note in notes] == [57, 61, 51]
    assert [note.start for note in notes] == pytest.approx([1, 1 + beat, 1 + 1.5 * beat])
    assert [note.end - note.start for note in notes] == pytest.approx([0.5 * beat, 0.25 * beat, beat])


def test_the_round_is_one_tune_three_times():
    """Each voice begins eight beats after the one before, and plays the same pitches."""
    notes, beat = round_for_three(tempo=120), 0.5
    voices = [[note for note in notes if note.family == name] for name in ("flute", "organ", "mallet")]
    assert [voice[0].start for voice in voices] == pytest.approx([0, 8 * beat, 16 * beat])
    assert len({tuple(note.pitch for note in voice) for voice in voices}) == 1
    assert sum(note.end - note.start for note in voices[0]) == pytest.approx(0.9 * 32 * beat)


def test_the_prelude_is_eleven_bars_of_sixteenths_and_a_chord():
    notes, sixteenth = prelude(tempo=60), 0.25
    bars = [note for note in notes if note.start < 11 * 16 * sixteenth - 1e-9]
    assert len(bars) == 11 * 16
    starts = sorted(note.start for note in bars)
    assert np.allclose(np.diff(starts), sixteenth)
    fourth = [note.pitch for note in sorted(bars) if 48 * sixteenth <= note.start + 1e-9 < 56 * sixteenth]
    assert fourth == [60, 64, 67, 72, 76, 67, 72, 76]  # C E G C E, G C E


def test_they_are_of_the_shipped_weights_and_small():
    about = json.loads((FOLDER / "pieces.json").read_text())
    assert about["weights"] == weights_sha256("cvae"), "rendered by other weights: run tools/render_pieces.py"
    assert set(about["pieces"]) == set(TITLES)
    assert sum((FOLDER / f"{name}.mp3").stat().st_size for name in TITLES) <= 1_000_000


def test_they_last_as_long_as_their_notes_and_do_not_clip(pieces):
    for name, last in (("round", round_for_three()[-1].end), ("prelude", prelude()[-1].end)):
        assert last < len(pieces[name]) / RATE < last + 1.3
    for audio in pieces.values():
        assert 0.8 < audio.abs().max() < 1


def test_the_first_voice_of_the_round_is_in_tune(pieces):
    for note in round_for_three()[:8]:
        sound = pieces["round"][round(note.start * RATE) : round(note.end * RATE)]
        assert estimate_pitch(sound) == pytest.approx(note.pitch, abs=0.25)


def test_each_bass_of_the_prelude_is_its_lowest_partial(pieces):
    """In the spectrum of a bar the key that stays down has a peak at its frequency."""
    audio, bar = pieces["prelude"].numpy(), 16 * 15 / 76
    for i, pitch in enumerate((60, 60, 59, 60, 60, 60, 59, 59, 57, 50, 55)):
        sound = audio[round(i * bar * RATE) : round((i + 1) * bar * RATE)]
        power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
        hz = np.fft.rfftfreq(len(sound), 1 / RATE)
        cents = 1200 * np.abs(np.log2(np.maximum(hz, 1) / midi_to_hz(pitch)))
        below = (hz > 60) & (hz < midi_to_hz(pitch) * 2 ** (-1.5 / 12))
        assert power[cents < 40].max() > 10 * power[below].max()
