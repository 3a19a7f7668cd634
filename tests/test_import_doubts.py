"""What an import doubts: faulty sounds, wrong pitches, and what SFZ files tell of samples."""

from pathlib import Path

import numpy as np
import pytest
from helpers import RATE, causes_by_file, labels_by_file, played_note, sine

from nsynthlib import NSynth
from nsynthlib.audio.subharmonics import pitch_near
from nsynthlib.data import import_notes
from nsynthlib.data.importing import summary
from nsynthlib.errors import DataError

# --- doubts -----------------------------------------------------------------------------------------------------


def test_what_is_no_good_note_is_left_out_with_its_cause(samples, write_samples, tmp_path):
    rng = np.random.default_rng(0)
    noisy = played_note(64, 0.3) + 0.3 * rng.uniform(-1, 1, 2 * RATE)
    click = np.concatenate([0.05 * played_note(65, 0.9, 0.02), np.zeros(8000), played_note(65, 0.9)])
    write_samples(
        {
            "oboe_C4.wav": played_note(60),
            "oboe_D4.wav": 1e-5 * played_note(62),
            "oboe_E4.wav": noisy,
            "oboe_F4.wav": click,
            "oboe_Fs4.wav": np.clip(3 * played_note(66, 0.9), -1, 1),
            "oboe_G4.wav": played_note(67, seconds=0.8),
            "oboe_A4.wav": played_note(71),
            "oboe_B4.wav": played_note(60),
            "oboe_solo.wav": played_note(60),
            "oboe_C5_glissando.wav": played_note(72),
            "kit/guitar_G3.wav": played_note(55, seconds=0.8),
            "kit/guitar_G4.wav": played_note(67, seconds=0.5),
        }
    )
    (samples / "oboe_C6.wav").write_text("no sound")
    record = import_notes(samples, tmp_path / "out", valid=0)
    assert sorted(labels_by_file(tmp_path / "out")) == ["kit/guitar_G3.wav", "oboe_C4.wav"]
    found = causes_by_file(record)
    for file, cause in {
        "oboe_D4.wav": "silent",
        "oboe_E4.wav": "noisy",
        "oboe_F4.wav": "unclear onset",
        "oboe_Fs4.wav": "clipped",
        "oboe_G4.wav": "too short (a sustained note sounds at least 1.0 s)",
        "oboe_A4.wav": "off pitch",
        "oboe_B4.wav": "the same sound as another file's",
        "oboe_solo.wav": "the name tells no pitch",
        "oboe_C5_glissando.wav": "no single steady note",
        "oboe_C6.wav": "unreadable",
        "kit/guitar_G4.wav": "too short (a struck or plucked note sounds at least 0.7 s)",
    }.items():
        assert found.pop(file).startswith(cause), file
    assert found == {}
    detail = {left["file"]: left["detail"] for left in record["left_out"]}
    assert detail["oboe_A4.wav"] == "71.0 is heard, 69 was expected"
    assert detail["oboe_B4.wav"] == "oboe_C4.wav"
    assert "cannot be read as sound" in detail["oboe_C6.wav"]


def test_one_cause_is_told_once(samples, write_samples, tmp_path):
    write_samples(
        {f"oboe_{note}4.wav": played_note(60 + i, seconds=0.5) for i, note in enumerate(("C", "Cs", "D", "Ds", "E"))}
    )
    write_samples({"oboe_A4.wav": played_note(69)})
    lines = list(summary(import_notes(samples, tmp_path / "out", valid=0)))
    assert len(lines) == 2
    assert lines[0] == "reed_acoustic_3000: oboe, 1 note"
    assert lines[1].startswith(
        "left out, too short (a sustained note sounds at least 1.0 s): 5 files: oboe_C4.wav (0.5"
    )
    assert lines[1].endswith("and 2 more")


@pytest.mark.parametrize("shift", [-12, 12, 24, 3])
def test_an_instrument_named_wrongly_as_a_whole_is_relabelled(samples, write_samples, tmp_path, shift):
    """And the one note of it that is off in another manner is left out."""
    pitches = (48, 53, 55, 60, 64)
    write_samples(
        {f"oboe_{pitch:03d}.wav": played_note(pitch + shift + 0.1) for pitch in pitches}
        | {"oboe_050.wav": played_note(56 + shift)}
    )
    record = import_notes(samples, tmp_path / "out", valid=0)
    assert {note.pitch for note in NSynth(tmp_path / "out")} == {pitch + shift for pitch in pitches}
    (about,) = record["instruments"].values()
    assert (about["shift"], about["cents"]) == (shift, pytest.approx(10, abs=3))
    assert causes_by_file(record) == {"oboe_050.wav": "off pitch"}
    way = "above" if shift > 0 else "below"
    assert f"reed_acoustic_3000: sounds {abs(shift)} semitones {way} its names; relabelled by what is heard" in list(
        summary(record)
    )


def test_an_instrument_that_is_out_of_tune_keeps_its_names(samples, write_samples, tmp_path):
    write_samples(
        {f"oboe_{pitch:03d}.wav": played_note(pitch + 0.4) for pitch in (60, 62, 64, 65)}
        | {"oboe_067.wav": played_note(66.4)}
    )
    record = import_notes(samples, tmp_path / "out", valid=0)
    assert {note.pitch for note in NSynth(tmp_path / "out")} == {60, 62, 64, 65}
    assert causes_by_file(record) == {"oboe_067.wav": "off pitch"}


def test_names_can_be_trusted_where_no_pitch_is_heard(samples, write_samples, tmp_path):
    write_samples({"gong bell_C4.wav": played_note(66.5)})
    with pytest.raises(DataError, match=r"no file becomes a note: off pitch: 1 file: gong bell_C4.wav"):
        import_notes(samples, tmp_path / "out", valid=0)
    import_notes(samples, tmp_path / "out", valid=0, trust_names=True)
    assert NSynth(tmp_path / "out")[0].pitch == 60


def test_the_pitch_near_a_name_is_seen_through_a_thump():
    thump = sine(60, 2.0, 0.5) * np.exp(-np.arange(8000) / 2000)
    for pitch in (52.3, 60, 71.4, 84):
        sound = played_note(pitch, 0.5, 0.5) + thump
        assert pitch_near(sound, round(pitch)) == pytest.approx(pitch, abs=0.1)
        assert pitch_near(sound, round(pitch) - 12) == pytest.approx(pitch, abs=0.15)


# --- SFZ --------------------------------------------------------------------------------------------------------


def test_an_sfz_file_tells_pitch_and_velocity(samples, write_samples, tmp_path):
    """What groups hand down, names of keys, ranges, transposition, what is included and defined, Windows' paths."""
    sounds = {"soft one": 48, "loud": 48, "tuned": 55, "moved": 62, "high": 72, "given": 65, "again": 50, "letgo": 52}
    sounds |= {"faded": 53, "pedal": 54, "twice": 57}
    write_samples(
        {f"Samples/{name}.wav": played_note(pitch, 0.2 + i / 20) for i, (name, pitch) in enumerate(sounds.items())}
    )
    write_samples({"Samples/left.wav": played_note(52)})
    (samples / "keys.sfz").write_text("<region> sample=HIGH.wav key=$TOP // a comment\n")
    (samples / "Cello.sfz").write_text(
        """
<control> default_path=samples\\
#define $TOP c5
<global> pitch_keycenter=48
/* two
   layers */
<group> lovel=1 hivel=64
<region> sample=soft one.wav lokey=c2 hikey=c4
<group> lovel=65 hivel=127
<region> sample=loud.wav
<group>
<region> sample=tuned.wav pitch_keycenter=54 tune=-100
<region> sample=moved.wav pitch_keycenter=60 transpose=-2
<region> sample=moved.wav pitch_keycenter=60 transpose=-2 lokey=70
#include "keys.sfz"
<master> pitch_keycenter=65
<region> sample=given.wav
<region> sample=again.wav pitch_keycenter=d3 lovel=30 hivel=45
<region> sample=faded.wav key=53 xfin_lovel=30 xfin_hivel=40 xfout_lovel=70 xfout_hivel=80
<region> sample=twice.wav key=57 hivel=30
<region> sample=twice.wav key=57 lovel=31 hivel=60
<region> sample=pedal.wav locc64=65 key=54
<region> sample=letgo.wav trigger=release
<region> sample=*sine
<region> sample=nowhere.wav
"""
    )
    expected = {"soft one": (48, 50), "loud": (48, 127), "tuned": (55, 100), "moved": (62, 100), "high": (72, 100)}
    expected |= {"given": (65, 100), "again": (50, 37), "faded": (53, 75), "twice": (57, 50)}
    record = import_notes(samples, tmp_path / "out", valid=0)
    found = labels_by_file(tmp_path / "out")
    assert {Path(file).stem: labels[:2] for file, labels in found.items()} == expected
    assert {labels[2:] for labels in found.values()} == {("string", "acoustic")}
    assert causes_by_file(record) == {
        "Samples/nowhere.wav": "missing, though Cello.sfz names it",
        "Samples/left.wav": "played as a note by no .sfz file",
        "Samples/pedal.wav": "played as a note by no .sfz file",
        "Samples/letgo.wav": "played as a note by no .sfz file",
    }
    assert import_notes(samples / "Cello.sfz", tmp_path / "one", valid=0)["notes"] == record["notes"]


def test_of_two_sfz_files_the_first_has_the_samples_they_share(samples, write_samples, tmp_path):
    """Wherever in the folder they lie."""
    write_samples({"wav/a.wav": played_note(60), "wav/b.wav": played_note(62)})
    (samples / "programs").mkdir()
    (samples / "programs" / "1 oboe.sfz").write_text("<region> sample=../wav/a.wav key=60")
    (samples / "programs" / "2 oboe.sfz").write_text(
        "<region> sample=..\\WAV\\a.wav key=60 <region> sample=../wav/b.wav key=62"
    )
    record = import_notes(samples, tmp_path / "out", valid=0)
    assert [(about["label"], about["notes"]) for about in record["instruments"].values()] == [
        ("programs/1 oboe", 1),
        ("programs/2 oboe", 1),
    ]
    assert record["left_out"] == []
