"""The soundfont set, against fonts made here by hand, arithmetic, and what is known of FluidR3."""

import ctypes.util
import json
import math
import os
import re
import struct
import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import contents, in_python, need, rms, sine, stop_at_third_job, strongest

from nsynthlib.audio.pitch import estimate_pitch, hz_to_midi
from nsynthlib.data import FAMILIES, SOURCES, NSynth, parse_name
from nsynthlib.errors import DataError, UsageError
from nsynthlib.soundfont import (
    FONTS,
    PROGRAMS,
    TRAIN_ONLY,
    clusters,
    find_fonts,
    fluid,
    instrument_of,
    learnable,
    render,
    rendering,
    sounds_at,
    split,
)
from nsynthlib.soundfont import fonts as fonts_module
from nsynthlib.soundfont.fluid import Synth, decimate
from nsynthlib.soundfont.tables import Preset, normalise, presets


@pytest.fixture(scope="session")
def fluidsynth():
    return need(fluid.library)


# A soundfont by hand, after the specification's chapters 4 and 7 ----------------------------------------------------


def chunk(name, data, pad=True):
    return struct.pack("<4sI", name, len(data)) + data + (b"\0" if pad and len(data) % 2 else b"")


def sf2(path, programs, pad=True):
    """Write a soundfont: `programs` maps a number to (its name, the indices of the samples it plays, its lowest key).

    Every sample is one second of a sine, 20 periods of 40 samples looped: at 44.1 kHz the key 88 sounds 1000 Hz.
    """
    names = sorted({i for _, samples, _ in programs.values() for i in samples})
    wave = (20000 * np.sin(2 * np.pi * np.arange(800) / 40)).astype("<i2").tobytes() + bytes(92)
    phdr = pbag = pgen = inst = ibag = igen = shdr = b""
    zones = 0
    for k, (program, (name, samples, low)) in enumerate(programs.items()):
        phdr += struct.pack("<20sHHHIII", name.encode(), program, 0, k, 0, 0, 0)
        pbag += struct.pack("<HH", k, 0)
        pgen += struct.pack("<HH", 41, k)
        inst += struct.pack("<20sH", name.encode(), zones)
        for sample in samples:
            ibag += struct.pack("<HH", 3 * zones, 0)
            igen += struct.pack("<HBBHHHH", 43, low, 127, 54, 1, 53, names.index(sample))
            zones += 1
    for i, sample in enumerate(names):
        start = i * 846
        rate = 40 * 1000
        shdr += struct.pack(
            "<20sIIIIIBbHH", f"S{sample}".encode(), start, start + 800, start + 40, start + 760, rate, 88, 0, 0, 1
        )
    phdr += struct.pack("<20sHHHIII", b"EOP", 0, 0, len(programs), 0, 0, 0)
    pbag += struct.pack("<HH", len(programs), 0)
    inst += struct.pack("<20sH", b"EOI", zones)
    ibag += struct.pack("<HH", 3 * zones, 0)
    shdr += struct.pack("<20sIIIIIBbHH", b"EOS", 0, 0, 0, 0, 0, 0, 0, 0, 0)
    end = bytes(4)
    tables = {"phdr": phdr, "pbag": pbag, "pmod": bytes(10), "pgen": pgen + end, "inst": inst, "ibag": ibag}
    tables |= {"imod": bytes(10), "igen": igen + end, "shdr": shdr}
    info = chunk(b"ifil", struct.pack("<HH", 2, 1)) + chunk(b"INAM", b"by hand\0" if pad else b"by hand", pad)
    body = b"sfbk" + b"".join(
        chunk(b"LIST", kind + data, pad)
        for kind, data in (
            (b"INFO", info),
            (b"sdta", chunk(b"smpl", wave * len(names))),
            (b"pdta", b"".join(chunk(k.encode(), v) for k, v in tables.items())),
        )
    )
    path.write_bytes(chunk(b"RIFF", body))
    return path


@pytest.fixture
def hand(tmp_path):
    """Programs 0 and 1 share sample 0; 40 and 73 have their own; 73 has no keys below 60."""
    programs = {0: ("A", [0], 0), 1: ("B", [0, 1], 0), 40: ("C", [2], 0), 73: ("D", [3], 60)}
    return sf2(tmp_path / "hand.sf2", programs)


def test_tables_say_who_shares_samples(hand):
    found = presets(hand)
    assert {number: preset.name for number, preset in found.items()} == {0: "A", 1: "B", 40: "C", 73: "D"}
    assert found[0].samples == {(0, "s0")}
    assert found[1].samples == {(0, "s0"), (846, "s1")}
    assert presets(hand, bank=128) == {}
    cluster = clusters({"hand": found})
    assert cluster[0] == cluster[1]
    assert len(set(cluster.values())) == 3


def test_lists_of_odd_length_are_read_with_and_without_their_padding(tmp_path):
    programs = {0: ("A", [0], 0)}
    assert presets(sf2(tmp_path / "padded.sf2", programs)) == presets(sf2(tmp_path / "bare.sf2", programs, pad=False))


def test_a_broken_soundfont_is_one_line_that_names_it(hand, tmp_path):
    whole = hand.read_bytes()
    for broken in (b"", b"RIFF", b"hello" * 100, whole[:-100], whole[:400], whole.replace(b"shdr", b"none"), bytes(99)):
        path = tmp_path / "broken.sf2"
        path.write_bytes(broken)
        with pytest.raises(DataError, match=r"broken\.sf2: cannot be read as a soundfont") as error:
            presets(path)
        assert "\n" not in str(error.value)
    with pytest.raises(DataError, match="cannot be read as a soundfont"):
        presets(tmp_path / "missing.sf2")


def test_a_broken_soundfont_is_not_loaded(fluidsynth, hand, tmp_path, capfd):
    (tmp_path / "broken.sf2").write_bytes(b"RIFF" + bytes(100))
    with pytest.raises(DataError, match="cannot be read as a soundfont"):
        Synth(tmp_path / "broken.sf2", 1.0)
    assert capfd.readouterr() == ("", "")
    hand.write_bytes(hand.read_bytes().replace(b"smpl", b"none"))
    with pytest.raises(DataError, match="FluidSynth cannot load it"):
        Synth(hand, 1.0)


@pytest.mark.parametrize(
    ("name", "normal"),
    [
        ("Oboe C5(L)", "oboec5"),
        ("oboe-C5", "oboec5"),
        ("Harp F#5 R", "harpf#5"),
        ("Ahh Choir A4-L", "ahhchoira4"),
        ("Bell", "bell"),
    ],
)
def test_names_of_samples_are_compared_without_channel_and_signs(name, normal):
    assert normalise(name) == normal


# Programs, clusters, splits -----------------------------------------------------------------------------------------


def test_programs_cover_every_family_and_name_their_instruments():
    assert {family for family, _ in PROGRAMS.values()} == set(FAMILIES)
    assert {source for _, source in PROGRAMS.values()} == set(SOURCES)
    assert PROGRAMS[0] == ("keyboard", "acoustic")
    assert PROGRAMS[40] == ("string", "acoustic")
    assert PROGRAMS[38] == ("bass", "synthetic")
    named = [instrument_of(program, font) for font in range(3) for program in PROGRAMS]
    assert len(set(named)) == len({number for _, number in named}) == 3 * len(PROGRAMS)
    assert instrument_of(40, 1) == ("string_acoustic_168", 168)
    assert all(parse_name(f"{name}-060-100").family in FAMILIES for name, _ in named)


def preset(*samples):
    return Preset("", frozenset(samples))


def test_names_and_numbers_join_clusters_across_fonts_and_places_do_not():
    one = {0: preset((0, "piano")), 40: preset((10, "violin")), 73: preset((20, "flute")), 80: preset((30, "square"))}
    two = {1: preset((99, "piano")), 40: preset((0, "fiddle")), 110: preset((5, "fiddle")), 127: preset((30, "flute"))}
    cluster = clusters({"one": one, "two": two})
    assert sorted(Counter(cluster.values()).values()) == [1, 1, 2, 2]
    assert cluster[0] == cluster[1]
    assert cluster[40] == cluster[110]
    assert 127 not in cluster  # no program of ours


@pytest.mark.parametrize("seed", range(5))
def test_split_keeps_clusters_whole_and_families_on_all_sides(seed):
    cluster = {program: i // 2 for i, program in enumerate(PROGRAMS)}
    side = split(cluster, seed)
    assert split(cluster, seed) == side
    by_cluster, families = defaultdict(set), defaultdict(set)
    for program, name in side.items():
        by_cluster[cluster[program]].add(name)
        families[name].add(PROGRAMS[program][0])
    assert all(len(names) == 1 for names in by_cluster.values())
    assert families["train"] == families["valid"] == families["test"] == set(FAMILIES)
    share = Counter(name for (name,) in by_cluster.values())
    assert share["valid"] + share["test"] < 0.45 * len(by_cluster)


def test_a_family_with_one_cluster_stays_in_training():
    cluster = {program: 0 if PROGRAMS[program][0] == "organ" else program for program in PROGRAMS}
    assert {name for program, name in split(cluster).items() if PROGRAMS[program][0] == "organ"} == {"train"}


def test_of_a_font_that_only_teaches_nothing_is_learned_that_is_held_out():
    """Of programs 0, 40, 41, 56, 73 and 74: 40 is held out, 41 shares its sample, 56 a name with one held out."""
    held, taught = (
        {p: Preset(str(p), frozenset(samples)) for p, samples in font.items()}
        for font in (
            {40: {(0, "violin")}, 73: {(1, "flute")}},
            {
                0: {(0, "piano")},
                40: {(1, "fiddle")},
                41: {(1, "fiddle")},
                56: {(2, "violin")},
                73: {(3, "pipe")},
                74: {(4, "a")},
            },
        )
    )
    fonts = {"held": held, "TimGM6mb": taught}
    assert learnable("TimGM6mb", fonts, {40: "test", 73: "train"}) == {0, 73, 74}
    assert learnable("TimGM6mb", {"held": held, "TimGM6mb": {78: Preset("W", frozenset())}}, {}) == set()  # out of tune


def test_fluid_r3_has_82_clusters(fluid_r3):
    cluster = clusters({"FluidR3_GM": presets(fluid_r3.path)})
    assert (len(cluster), len(set(cluster.values()))) == (104, 82)
    assert len({cluster[p] for p in (0, 1, 3)}) == 1  # three grand pianos
    assert len({cluster[p] for p in (21, 22, 23)}) == 1  # accordion, harmonica, bandoneon
    assert cluster[68] != cluster[71]  # oboe, clarinet
    side = split(cluster)
    held = Counter(PROGRAMS[p][0] for p, name in side.items() if name != "train")
    assert held == dict.fromkeys(FAMILIES, 2)


def test_both_fonts_share_no_name_of_a_sample_across_sides(fluid_r3):
    other = need(lambda: find_fonts(["MuseScore_General"])[0])
    tables = {font.name: presets(font.path) for font in (fluid_r3, other)}
    side = split(clusters(tables))
    sides = defaultdict(set)
    for font, found in tables.items():
        for program, name in side.items():
            for start, sample in found[program].samples:
                sides[font, start].add(name)
                sides[sample].add(name)
    assert len(sides) > 3000
    assert all(len(names) == 1 for names in sides.values())
    assert Counter(side.values()) == {"train": 83, "test": 11, "valid": 10}


# One note -----------------------------------------------------------------------------------------------------------


def level(samples):
    """RMS of the middle, in dB of a full sine."""
    return 20 * math.log10(math.sqrt(2) * rms(samples[16_000:48_000]) + 1e-15)


def test_decimation_keeps_what_fits_and_removes_what_would_fold_back():
    assert decimate(sine(1000, rate=48_000)).shape == (64_000,)
    for hz in (50, 1000, 4000, 7000, 7400):
        assert abs(level(decimate(sine(hz, rate=48_000)))) < 0.1
    for hz in (8_050, 9_000, 10_000, 15_000, 17_000, 23_000):
        assert level(decimate(sine(hz, rate=48_000))) < -100


def test_a_note_has_its_pitch_and_its_level(fluidsynth, hand):
    with Synth(hand, 1.0) as synth:
        loud, soft, low = synth.note(40, 88, 127), synth.note(40, 88, 64), synth.note(40, 76, 127)
        assert not synth.note(73, 59, 127).any()  # a key it does not have
        with pytest.raises(DataError, match="has no program 5"):
            synth.note(5, 60, 100)
    with Synth(hand, 0.5) as synth:
        half = synth.note(40, 88, 127)
    assert loud.dtype == np.float32
    assert loud.shape == (64_000,)
    for samples, hz in ((loud, 1000), (low, 500)):
        assert strongest(samples[16_000:48_000]) == pytest.approx(hz, abs=0.5)
    assert level(loud) - level(soft) == pytest.approx(40 * math.log10(127 / 64), abs=0.2)  # specification 2.04, 8.4.1
    assert level(loud) - level(half) == pytest.approx(20 * math.log10(2), abs=0.01)
    assert np.abs(loud[48_000 + 1_600 :]).max() < 1e-3  # released after three seconds
    assert np.abs(loud[46_000:47_990]).max() > 0.05


def test_a_note_does_not_depend_on_those_before_it(fluid_r3, fluidsynth):
    asked = [(0, 60, 100), (2, 50, 127), (14, 72, 75), (48, 60, 50), (88, 60, 100), (94, 40, 127)]
    with Synth(fluid_r3.path, 1.0) as synth:
        forward = {note: synth.note(*note) for note in asked}
        backward = {note: synth.note(*note) for note in reversed(asked)}
    for note in asked:
        with Synth(fluid_r3.path, 1.0) as synth:
            alone = synth.note(*note)
        assert np.array_equal(forward[note], backward[note])
        assert np.array_equal(forward[note], alone)


def test_real_notes_are_in_tune_and_louder_when_struck_harder(fluid_r3, fluidsynth):
    with Synth(fluid_r3.path, 1.0) as synth:
        for program, pitch in ((73, 72), (40, 69), (0, 48), (71, 60)):
            heard = [synth.note(program, pitch, velocity) for velocity in (25, 75, 127)]
            assert [estimate_pitch(torch.from_numpy(x)) for x in heard] == pytest.approx([pitch] * 3, abs=0.3)
            assert all(b > a + 6 for a, b in zip(map(level, heard), map(level, heard[1:]), strict=False))
            assert np.abs(heard[-1]).max() < 1


INHARMONIC = {9, 47, 112}  # glockenspiel, timpani, tinkle bell: their partials mislead a tracker of periods


def rendered(font):
    """Programs of a font that become instruments."""
    if font.name not in TRAIN_ONLY:
        return PROGRAMS.keys() & presets(font.path).keys()
    both = need(lambda: find_fonts(["FluidR3_GM", "MuseScore_General"]))
    tables = {other.name: presets(other.path) for other in (*both, font)}
    side = split(clusters({other.name: tables[other.name] for other in both}))
    return learnable(font.name, tables, side)


@pytest.mark.parametrize("name", FONTS)
def test_every_program_sounds_at_the_pitch_asked_for(fluidsynth, name):
    """The median of five octaves, so that one odd recording decides nothing."""
    font = need(lambda: find_fonts([name])[0])
    wrong = {}
    with Synth(font.path, 1.0) as synth:
        for program in sorted(rendered(font) - INHARMONIC):
            sounds = sounds_at(program, font.number)
            heard = [
                estimate_pitch(torch.from_numpy(samples)) - pitch
                for pitch in (36, 48, 60, 72, 84)
                if (samples := synth.note(program, pitch - sounds, 100)).any()
            ]
            if heard and abs(np.median(heard)) > 0.5:
                wrong[program] = heard
    assert not wrong


def test_other_fonts_sound_at_their_keys():
    assert [sounds_at(program, 0) for program in (0, 16, 17, 18, 31)] == [0, -24, -12, -12, 24]
    assert not any(sounds_at(program, len(FONTS)) for program in PROGRAMS)


# The set ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def options(hand):
    return dict(fonts=[hand], pitches=[57, 62], velocities=[50, 127], programs=[0, 1, 40, 73], workers=1)


def test_the_set_is_nsynths_layout(fluidsynth, options, tmp_path, hand):
    about = render(tmp_path / "set", **options)
    notes = NSynth(tmp_path / "set" / "train")
    assert sorted(path.name for path in (tmp_path / "set").iterdir()) == ["soundfont.json", "train"]
    assert about == json.loads((tmp_path / "set" / "soundfont.json").read_text())
    assert len(notes) == about["notes"]["train"] == 14  # the flute has no 57
    assert (about["silent"], about["clipped"]) == (2, 0)
    assert {n.instrument for n in notes} == set(about["instruments"])
    assert {n.pitch for n in notes.filter(family="flute")} == {62}
    entry = about["instruments"]["string_acoustic_552"]  # the fifth font: 4 * 128 + 40
    assert (entry["instrument"], entry["font"], entry["program"], entry["preset"]) == (552, "hand", 40, "C")
    assert about["fonts"][0]["bytes"] == hand.stat().st_size
    assert 0.05 < about["peak"] < 1
    note = notes.filter(family="string", pitch=62, velocity=127)[0]
    assert estimate_pitch(note.audio) == pytest.approx(hz_to_midi(1000) - (88 - 62), abs=0.05)


def test_an_interrupted_rendering_goes_on_and_ends_the_same(fluidsynth, options, tmp_path, monkeypatch):
    render(tmp_path / "whole", **options)

    def as_a_kill_leaves_it(job):
        (job.folder / f".{job.instrument}-062-050.wav.1.partial").write_bytes(b"RIFF")

    done, go_on = stop_at_third_job(monkeypatch, rendering, as_a_kill_leaves_it)
    with pytest.raises(KeyboardInterrupt):
        render(tmp_path / "set", **options)
    assert not (tmp_path / "set").exists()
    go_on()
    with pytest.raises(UsageError, match=r"\.set\.partial was begun with other velocities"):
        render(tmp_path / "set", **options | {"velocities": [100]})
    render(tmp_path / "set", **options)
    assert len(done) == len(set(done)) == 4  # nothing was rendered twice
    assert contents(tmp_path / "set") == contents(tmp_path / "whole")
    with pytest.raises(UsageError, match="exists already"):
        render(tmp_path / "set", **options)
    assert not list(tmp_path.glob(".*"))


def test_processes_make_the_same_bytes(fluidsynth, options, tmp_path):
    render(tmp_path / "one", **options)
    render(tmp_path / "two", **options | {"workers": 2})
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_limit_takes_as_many_of_each_and_grows(fluidsynth, options, tmp_path):
    options |= {"pitches": range(60, 80), "programs": [0, 40, 73]}
    chosen = {}
    for count in (10, 31):
        render(tmp_path / str(count), **options, notes=count, seed=3)
        notes = NSynth(tmp_path / str(count) / "train")
        assert len(notes) == count
        share = Counter(n.instrument for n in notes).values()
        assert max(share) - min(share) <= 1
        chosen[count] = {n.name for n in notes}
    assert chosen[10] <= chosen[31]
    with pytest.raises(UsageError, match="notes must be at least 3"):
        render(tmp_path / "none", **options, notes=2)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"pitches": [128]}, "pitches are chosen from 0-127"),
        ({"velocities": [0]}, "velocities are chosen from 1-127"),
        ({"programs": [127]}, "127 is not among them"),
        ({"pitches": []}, "none was given"),
        ({"programs": [5]}, "none of the programs is in"),
        ({"fonts": []}, "at least one soundfont"),
        ({"fonts": ["missing.sf2"]}, "there is no soundfont missing.sf2"),
    ],
)
def test_wrong_values_are_told_before_anything_is_made(options, tmp_path, wrong, told):
    before = set(tmp_path.iterdir())
    with pytest.raises(UsageError, match=re.escape(told)):
        render(tmp_path / "set", **options | wrong)
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize("name", FONTS)
def test_a_missing_font_says_how_to_get_it(monkeypatch, name):
    monkeypatch.setattr(fonts_module, "FOLDERS", (Path("/nowhere"),))
    with pytest.raises(UsageError, match=f"{name} is not installed") as error:
        find_fonts([name])
    assert_tells_how(error.value)


@pytest.mark.fault("missing FluidSynth", kept="Nothing was begun; the same command works once FluidSynth is there.")
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere libraries are found by other ways")
def test_missing_fluidsynth_says_how_to_get_it(tmp_path, shown):
    """An empty file in the place of the library, which the system then cannot load."""
    name = ctypes.util.find_library("fluidsynth") or "libfluidsynth.so.3"
    (tmp_path / name).touch()
    command = ("data", "soundfont", tmp_path / "notes", "--notes", 10)
    told = in_python("-m", "nsynthlib", *command, code=2, env=os.environ | {"LD_LIBRARY_PATH": str(tmp_path)}).stderr
    assert "FluidSynth is not installed" in told
    assert_tells_how(told.strip())
    shown(told.strip())
    assert [path.name for path in tmp_path.iterdir()] == [name]


def assert_tells_how(error):
    line = str(error)
    assert "\n" not in line
    packages = "fluidsynth fluid-soundfont-gm musescore-general-soundfont-small csound-soundfont timgm6mb-soundfont"
    assert f"Debian: sudo apt-get install {packages};" in line
    assert f"Colab: !apt-get install -y {packages};" in line
    assert "macOS: brew install fluid-synth" in line
