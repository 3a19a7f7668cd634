"""What is copied from the training notes is found out, at whatever level; what is new is told to be."""

import numpy as np
import pytest
import torch

from nsynthlib.audio import midi_to_hz
from nsynthlib.data import NewNote, NSynth, write_notes
from nsynthlib.evaluation.memorisation import Kept, level_free, measure_memorisation, nearest_db

RNG = np.random.default_rng
PITCHES = range(50, 62)


def a_note(pitch: int, tilt: float, decay: float) -> torch.Tensor:
    """Partials that fall by ``tilt``, and fade."""
    time = np.arange(64_000) / 16_000
    tones = sum(np.sin(k * 2 * np.pi * midi_to_hz(pitch) * time) / k**tilt for k in range(1, 9))
    return torch.from_numpy(0.1 * tones * np.exp(-decay * time)).float()


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    """Twelve keys of three instruments."""
    folder = tmp_path_factory.mktemp("learned") / "notes"
    timbres = {"organ_acoustic_001": (0.5, 0.2), "organ_acoustic_002": (1.0, 1.0), "organ_acoustic_003": (2.0, 0.5)}
    write_notes(
        folder,
        (NewNote(name, 0, pitch, 100, a_note(pitch, *timbre)) for name, timbre in timbres.items() for pitch in PITCHES),
    )
    return NSynth(folder)


@pytest.fixture(scope="module")
def unseen(tmp_path_factory):
    """The same keys of an instrument that nobody heard."""
    folder = tmp_path_factory.mktemp("unseen") / "notes"
    write_notes(folder, (NewNote("organ_acoustic_009", 0, pitch, 100, a_note(pitch, 1.4, 2.5)) for pitch in PITCHES))
    return NSynth(folder)


def kept(sounds) -> Kept:
    found = Kept(sounds)
    assert len(list(found)) == len(found.spectrograms)
    return found


def test_a_note_learned_by_heart_lies_at_no_distance(learned):
    """Also played back at a fifth of its level; its own name is left out, and then another instrument is nearest."""
    notes = list(learned)[::5]
    spectrograms = torch.stack([level_free(0.2 * note.audio) for note in notes])
    pitches = np.array([note.pitch for note in notes])
    assert nearest_db(spectrograms, pitches, [""] * len(notes), learned, quiet=True).max() < 0.2
    others = nearest_db(spectrograms, pitches, [note.name for note in notes], learned, quiet=True)
    assert others.min() > 2
    for note, distance in zip(notes, others, strict=True):  # by hand
        near = [n for n in learned if n.pitch == note.pitch and n.name != note.name]
        apart = [(level_free(n.audio).float() - level_free(note.audio).float()).square().mean().sqrt() for n in near]
        assert distance == pytest.approx(float(min(apart)), abs=0.1)


def test_only_notes_of_the_same_pitch_are_searched(learned):
    note = next(n for n in learned if n.pitch == 50)
    found = nearest_db(level_free(note.audio)[None].repeat(2, 1), np.array([51, 90]), ["", ""], learned, quiet=True)
    assert found[0] > 5
    assert np.isnan(found[1])


@pytest.mark.parametrize(("copied", "low", "high"), [(True, 0.0, 0.05), (False, 0.8, 1.2)])
def test_the_ratio_tells_copies_from_new_notes(learned, unseen, copied, low, high):
    notes = list(unseen)
    if copied:
        made = [next(n for n in learned if n.pitch == note.pitch).audio for note in notes]
    else:
        made = [a_note(note.pitch, 1.5, 2.7) for note in notes]
    real, training = kept(n.audio for n in notes), list(learned)[:4]
    row = measure_memorisation(
        kept(made), real, notes, (kept(n.audio for n in training), training), learned, RNG(0), quiet=True
    )
    assert low <= row["nearest_ratio"]["value"] <= high
    assert row["nearest_real_db"]["instruments"] == 1
    assert row["nearest_new_db"]["n"] == len(notes)
    assert row["nearest_training_db"]["value"] > 2


def test_without_training_notes_of_any_pitch_there_is_no_row(learned, unseen):
    notes = list(unseen)[:2]
    sounds = kept(n.audio for n in notes)
    assert measure_memorisation(sounds, sounds, notes, (sounds, notes), learned.filter(pitch=61), RNG(0), True) == {}
