"""The DX7's notes, against voices made here by hand, arithmetic, and what is known of the factory's."""

import json
import re
import sys
from collections import Counter, defaultdict

import numpy as np
import pytest
from helpers import RATE, command_line, contents, rms, stop_at_third_job, strongest

from nsynthlib import FAMILIES, NSynth
from nsynthlib.audio import hz_to_midi, midi_to_hz
from nsynthlib.data import SOURCES, check
from nsynthlib.dx7 import (
    banks,
    choose,
    clusters,
    difference,
    family_of,
    find_banks,
    read_bank,
    render,
    rendering,
    stem,
    tune,
)
from nsynthlib.dx7.banks import Voice
from nsynthlib.dx7.engine import Synth, library
from nsynthlib.errors import DataError, UsageError
from nsynthlib.rendering import SPLITS, joined, split_clusters


@pytest.fixture(scope="module")
def dexed():
    """An extra that is never required, so that a test without it is skipped everywhere."""
    try:
        return library()
    except UsageError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def hexter():
    try:
        return [voice for bank in find_banks() for voice in bank.voices]
    except UsageError as error:
        pytest.skip(str(error))


# Voices by hand, after Yamaha's table of the packed format ----------------------------------------------------------


def operator(level=99, ratio=1, fine=0, fixed=False, sensitivity=0):
    """The 17 bytes of an operator that sounds at once at its full level, and ends at once when the key is let go."""
    envelope = [99, 99, 99, 99, 99, 99, 99, 0]
    return bytes([*envelope, 39, 0, 0, 0, 7 << 3, sensitivity << 2, level, ratio << 1 | fixed, fine])


def voice(name, *operators, transpose=0):
    """The 128 bytes of a voice whose operators are all heard side by side (the 32nd algorithm)."""
    operators = [*operators, *[operator(level=0)] * (6 - len(operators))]
    whole = bytes([99, 99, 99, 99, 50, 50, 50, 50, 31, 0b1000, 35, 0, 0, 0, 0, 24 + transpose])
    return b"".join(reversed(operators)) + whole + name.ljust(10).encode()


def voices(*packed):
    return [Voice(p[118:].decode().strip(), "hand", i + 1, 4000 + i, p) for i, p in enumerate(packed)]


def dump(packed, channel=0):
    body = b"".join(packed)
    return bytes([0xF0, 0x43, channel, 9, 0x20, 0]) + body + bytes([-sum(body) & 127, 0xF7])


ORGAN = voice("ORGAN", operator(sensitivity=7), operator(ratio=2, level=85, sensitivity=7))
FLUTE = voice("FLUTE", operator(sensitivity=7, level=90), transpose=12)
LEAD = voice("SYN-LEAD", operator(), operator(ratio=3, level=85), operator(ratio=4, level=80))
KAZOO = voice("KAZOO", operator())
HAND = (ORGAN, FLUTE, LEAD, KAZOO)


@pytest.fixture
def hand(tmp_path):
    path = tmp_path / "hand.dx7"
    path.write_bytes(b"".join(HAND))
    return path


# Banks --------------------------------------------------------------------------------------------------------------


def test_a_bank_is_voices_side_by_side_or_a_bulk_dump(hand, tmp_path):
    assert read_bank(hand) == list(HAND)
    packed = [voice(f"VOICE {i}", operator(ratio=i % 32)) for i in range(32)]
    for channel in (0, 15):
        (tmp_path / "dump.syx").write_bytes(dump(packed, channel))
        assert read_bank(tmp_path / "dump.syx") == packed
    found = find_banks([tmp_path / "dump.syx", hand])
    assert [(bank.name, len(bank.voices)) for bank in found] == [("dump", 32), ("hand", 4)]
    assert [v.number for bank in found for v in bank.voices] == list(range(4000, 4036))
    assert found[1].voices[2].title == "hand 3 SYN-LEAD"
    (tmp_path / "odd.dx7").write_bytes(ORGAN[:118] + b" B\x7fA\x00S\xe9S 1")
    assert find_banks([tmp_path / "odd.dx7"])[0].voices[0].name == "B A S S 1"


DUMP = dump([ORGAN] * 32)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is no bank of DX7 voices, which have 128 bytes each: it has 0"),
        (bytes(129), "it has 129"),
        (DUMP[:-1], "is no bulk dump of 32 DX7 voices"),
        (DUMP[:3] + b"\x00" + DUMP[4:], "is no bulk dump of 32 DX7 voices"),
        (DUMP[:100] + bytes([DUMP[100] ^ 1]) + DUMP[101:], "is damaged"),
    ],
)
def test_what_is_no_bank_is_one_line_that_names_it(tmp_path, content, words):
    (tmp_path / "broken.syx").write_bytes(content)
    with pytest.raises(DataError, match=rf"broken\.syx: .*{words}") as error:
        read_bank(tmp_path / "broken.syx")
    assert "\n" not in str(error.value)


def test_banks_that_are_not_there_are_told(hand, tmp_path, monkeypatch):
    with pytest.raises(UsageError, match=r"there is no bank .*nowhere\.dx7"):
        find_banks([tmp_path / "nowhere.dx7"])
    with pytest.raises(DataError, match="cannot be read as a bank"):
        find_banks([tmp_path])
    for none_or_twice in ([], [hand, hand]):
        with pytest.raises(UsageError, match="at least one bank, and none twice"):
            find_banks(none_or_twice)
    monkeypatch.setattr(banks, "FOLDERS", (tmp_path,))
    with pytest.raises(UsageError, match="Debian: sudo apt-get install hexter;") as error:
        find_banks()
    assert "\n" not in str(error.value)
    assert "--bank" in str(error.value)


def test_a_voice_of_hexter_has_its_number_whichever_banks_are_named(hexter, hand):
    assert [v.number for v in hexter] == list(range(3000, 3432))
    path = next(folder / "tx7_roms.dx7" for folder in banks.FOLDERS if (folder / "tx7_roms.dx7").exists())
    tx7 = find_banks([hand, path])[1].voices
    assert [(v.name, v.number) for v in tx7] == [(v.name, v.number) for v in hexter if v.bank == "tx7_roms"]
    assert len({v.title for v in hexter}) == len(hexter)


# Names --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "source", "names"),
    [
        ("bass", "electronic", "BASS    1|E.BASS   A|FB:EBass 2|FB:Fretles|FB:FlapBas"),
        ("bass", "synthetic", "SYN-BASS 1|FB:WodBass|FB:UprtBas|FB:SynBas7|FB:MonoBas"),
        ("brass", "synthetic", "BRASS 6 BC|FB:HradBr1|FB:HuffBrs|HORN SEC.A|TOUCH TMPT|FB:Flugelh|SYNBRASS 1"),
        ("flute", "synthetic", "FLUTE   1|PICCOLO|RECORDER|FB:Pan Flt|BC FLUTE|FB:Whistle"),
        ("guitar", "electronic", "E.GUITAR A|FB:Jazz Gt|JAZZ GUITR|FB:Fuzz Gt"),
        ("guitar", "synthetic", "GUITAR  3|SPANISHGTR|LUTE|FB:Lute|BANJO|KOTO|FB:Sitar1|FB:Zither2|FB:PluckGt"),
        ("keyboard", "electronic", "E.PIANO 1|ELEC.PNO A|TINE E.PNO|FB:NewEP3|FB:HighTin|CLAV    1|FB:MuteCl2"),
        ("keyboard", "synthetic", "PIANO   1|HARPSICH 1|HARPSI.  A|FB:DpGrand|FB:Pfbell|FB:WoodPf|SYN-CLAV 2"),
        ("mallet", "synthetic", "MARIMBA|VIBE    1|STEEL DRUM|FB:SteelDr|FB:Glocken|GLOKENSPL|TUB BELLS|FB:TubeBe1"),
        ("organ", "electronic", "E.ORGAN 1|FB:JOrgan1|FB:Organ|E.ORGAN  B"),
        ("organ", "synthetic", "PIPES   1|FB:POrgan1|FB:SftPipe|ACCORDION|SYNORGAN 2|FB:SynOrgn|FB:Squeeze"),
        ("reed", "synthetic", "OBOE|BASSOON|FB:Bassoon|CLARINET|FB:Clarine|SAX BC|FB:Sax 1|HRMNCA2 BC|FB:Harmon4"),
        (
            "string",
            "synthetic",
            "STRINGS 1|HI STRINGS|FB:LoStrg2|FB:RichSt1|HARP    1|DBL.HARP A|FB:SoloVio",
        ),
        ("synth_lead", "synthetic", "SYN-LEAD 1|FB:MonoSyn|FATSYNTH A|HARMOSYNTH|FB:SineWav|FB:SynFeed"),
        ("vocal", "synthetic", "VOICE   1|FB:Voices|MALE CHOIR|SYN-VOX|FB:Synvoic"),
    ],
)
def test_a_name_tells_family_and_source(family, source, names):
    assert {name: family_of(name) for name in names.split("|")} == dict.fromkeys(names.split("|"), (family, source))
    assert family in FAMILIES
    assert source in SOURCES


def test_a_name_that_tells_several_families_or_none_is_left_out():
    names = "TRAIN|GONG    1|PIANO 5THS|FB:5th Flt|E.P-BRS BC|E.P.& BR A|FB:EPStrng|HARP-FLUTE|BELL VOICE|STRINGBELL"
    names += "|ORCHESTRA|SYN-ORCH|ORCH-CHIME|COW BELL|REFS WHISL|GRAND PRIX|B.DRM-SNAR|FB:SnareDr|FB:Hand Dr|FB:Clock|"
    assert [name for name in names.split("|") if family_of(name)] == []


def test_most_factory_voices_are_told_by_their_names(hexter):
    told = Counter(found[0] for v in hexter if (found := family_of(v.name)))
    assert sum(told.values()) == 355
    assert set(told) == set(FAMILIES)
    assert min(told.values()) == told["vocal"] == 9


def test_variants_have_one_stem():
    for names in (
        "HARPSICH 1|FB:Harpsi2|HARPSI.  A",
        "VIBE    1|VIBES    A|FB:Vibe3",
        "FB:Trumpet|FB:Trumpt2|TRUMPET  B",
    ):
        assert len({stem(name) for name in names.split("|")}) == 1
    apart = "HARP    1|HARPSICH 1|E.PIANO 1|PIANO   1|OBOE|SAX BC|BASS    1|BASSOON"
    assert len({stem(name) for name in apart.split("|")}) == 8


# Clusters and splits ------------------------------------------------------------------------------------------------


def test_difference_counts_bytes_apart_from_names_and_silent_operators():
    one = voice("A", operator(), operator(level=0, ratio=3))
    assert difference(one, voice("B", operator(), operator(level=0, ratio=9))) == 0
    assert difference(one, voice("A", operator(), operator(level=50, ratio=3))) == 1
    assert difference(one, voice("A", operator(ratio=2, fine=1), transpose=5)) == 3


def test_clusters_join_one_name_or_nearly_one_voice():
    base = voice("", *[operator()] * 6)[:118]
    found = voices(*(bytes(b ^ k for b in base) + name for k, name in enumerate((b"OBOE", b"SAX", b"OBOE 2", b"HARP"))))
    assert difference(found[0].packed, found[2].packed) == 118
    assert clusters(found) == [0, 1, 0, 2]
    near = voices(
        voice("OBOE", operator()), voice("CELLO", operator(ratio=2)), voice("", operator(), operator(ratio=3))
    )
    assert clusters(near) == [0, 0, 0]


def test_joined_numbers_what_belongs_together_in_order():
    assert joined(6, [(5, 1), (4, 3), (3, 5)]) == [0, 1, 2, 1, 1, 1]
    assert joined(3, []) == [0, 1, 2]


@pytest.mark.parametrize("seed", range(5))
def test_a_tenth_of_the_instruments_is_held_out_in_whole_clusters(seed):
    rng = np.random.default_rng(seed)
    cluster = {i: int(c) for i, c in enumerate(np.repeat(np.arange(150), rng.integers(1, 7, 150)))}
    family = {i: FAMILIES[c % 11] for i, c in cluster.items()}
    side = split_clusters(cluster, family, seed, by_instruments=True)
    assert side == split_clusters(cluster, family, seed, by_instruments=True)
    by_cluster, families = defaultdict(set), defaultdict(set)
    for i, name in side.items():
        by_cluster[cluster[i]].add(name)
        families[name].add(family[i])
    assert all(len(names) == 1 for names in by_cluster.values())
    assert families["train"] == families["valid"] == families["test"] == set(FAMILIES)
    share = Counter(side.values())
    for name in ("valid", "test"):
        assert round(0.1 * len(side)) <= share[name] < 0.12 * len(side)


def test_no_factory_voice_has_a_variant_on_another_side(hexter):
    named = [v for v in hexter if family_of(v.name)]
    cluster = {v.number: c for v, c in zip(named, clusters(named), strict=True)}
    side = split_clusters(cluster, {v.number: family_of(v.name)[0] for v in named}, by_instruments=True)
    sides, families = defaultdict(set), defaultdict(set)
    for v in named:
        sides[stem(v.name)].add(side[v.number])
        families[side[v.number]].add(family_of(v.name)[0])
    assert all(len(found) == 1 for found in sides.values())
    assert families == {name: set(FAMILIES) for name in SPLITS}
    near = [(a, b) for a in named for b in named if a.number < b.number and difference(a.packed, b.packed) <= 12]
    assert len(near) > 40
    assert all(side[a.number] == side[b.number] for a, b in near)


# One note -----------------------------------------------------------------------------------------------------------


def test_a_note_has_its_pitch_its_gain_and_its_end(dexed):
    synth = Synth(voice("SINE", operator()), 0.2)
    samples = synth.note(69, 100)
    assert samples.shape == (64_000,)
    assert samples.dtype == np.float32
    assert strongest(samples[:48_000]) == pytest.approx(440, rel=1e-3)
    assert strongest(synth.note(33, 100)[:48_000]) == pytest.approx(55, abs=0.3)
    steady = samples[8_000:40_000]
    assert np.abs(steady).max() == pytest.approx(np.sqrt(2) * rms(steady), rel=0.01)  # a sine
    assert np.abs(samples[48_000 + 1_600 :]).max() < 1e-3 * np.abs(steady).max()
    assert rms(Synth(voice("SINE", operator()), 0.1).note(69, 100)) == pytest.approx(rms(samples) / 2, rel=1e-4)


def test_what_lies_above_8_khz_is_removed(dexed):
    kept, removed = (Synth(voice("HIGH", operator(ratio=k)), 0.2).note(96, 100)[8_000:40_000] for k in (3, 6))
    assert strongest(kept) == pytest.approx(3 * midi_to_hz(96), rel=1e-3)
    assert 6 * midi_to_hz(96) > RATE / 2  # at 16 kHz it would be heard at 3.4
    assert rms(removed) < 1e-3 * rms(kept)


def test_a_note_does_not_depend_on_those_before_it(dexed):
    synth = Synth(ORGAN, 0.2)
    first = synth.note(60, 100)
    synth.note(40, 127)
    assert np.array_equal(synth.note(60, 100), first)


@pytest.mark.parametrize(
    ("packed", "sounds"),
    [
        (voice("SINE", operator()), 0),
        (voice("LOW", operator(), transpose=-12), -12),
        (voice("HIGH", operator(ratio=4)), 24),
        (voice("SUB", operator(ratio=0), operator(ratio=1)), -12),  # a ratio of 0 is one half
        (voice("MISSING", operator(ratio=2), operator(ratio=3)), 0),  # partials 2 and 3 make 1
    ],
)
def test_a_voice_is_heard_where_its_ratios_say(dexed, packed, sounds):
    found = tune(packed)
    assert (found.sounds, found.responds, found.fault) == (sounds, False, None)


@pytest.mark.parametrize(
    ("packed", "words"),
    [
        (voice("FIFTH", operator(fine=50)), r"sounds \+7\.0 semitones from its key, which is no octave"),
        (voice("FIXED", operator(fixed=True, ratio=2, fine=50)), "no octave|not so in"),
        (voice("SILENT"), "no pitch is heard"),
    ],
)
def test_a_voice_without_a_pitch_of_its_own_is_faulty(dexed, packed, words):
    assert re.search(words, tune(packed).fault)


def test_velocity_is_heard(dexed):
    found = tune(ORGAN)
    assert found.responds
    assert found.sound == tune(ORGAN[:118] + b"OTHER     ").sound
    assert found.sound != tune(FLUTE).sound


def test_dx7s_own_voices_are_heard_where_musicians_hear_them(dexed, hexter):
    known = {"E.PIANO 1": 0, "MARIMBA": -12, "PICCOLO": 12, "BASS    2": -24, "VIBE    1": 0, "STRINGS 3": -12}
    chosen, left_out = choose([v for v in hexter if v.name in {*known, "BELLS", "TRAIN"}], workers=1)
    assert {c.voice.name: c.tuning.sounds for c in chosen} == known
    assert sorted(title.split()[-1] for title in left_out) == ["BELLS", "TRAIN"]


def test_a_sound_is_chosen_once_and_the_rest_has_its_reason(dexed):
    twin, fixed = FLUTE[:118] + b"RECORDER  ", voice("STRINGS", operator(fixed=True, ratio=2, fine=50))
    chosen, left_out = choose(voices(*HAND, twin, fixed), workers=1)
    names = ["organ_electronic_4000", "flute_synthetic_4001", "synth_lead_synthetic_4002"]
    assert [c.instrument for c in chosen] == names
    assert left_out.pop("hand 6 STRINGS").startswith("sounds ")
    assert left_out == {
        "hand 4 KAZOO": "its name does not tell one family",
        "hand 5 RECORDER": "sounds the same as hand 2 FLUTE",
    }


# The set ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def options(dexed, hand):
    return dict(banks=[hand], pitches=[57, 62], velocities=[50, 127], workers=1)


def test_the_set_is_nsynths_layout(options, tmp_path, hand):
    about = render(tmp_path / "set", **options)
    assert about == json.loads((tmp_path / "set" / "dx7.json").read_text())
    assert sorted(path.name for path in (tmp_path / "set").iterdir()) == ["dx7.json", "train"]  # one of each family
    notes = NSynth(tmp_path / "set" / "train")
    assert len(notes) == about["notes"]["train"] == 10
    assert Counter(n.family for n in notes) == {"organ": 4, "flute": 4, "synth_lead": 2}
    assert [str(fault) for fault in check(tmp_path / "set" / "train")] == []
    for note in notes:
        assert hz_to_midi(strongest(note.audio[:48_000].numpy())) == pytest.approx(note.pitch, abs=0.1)
    entry = about["instruments"]["flute_synthetic_4001"]
    assert (entry["bank"], entry["place"], entry["voice"], entry["sounds"]) == ("hand", 2, "FLUTE", 12)
    assert about["instruments"]["synth_lead_synthetic_4002"]["responds"] is False
    assert about["banks"][0]["voices"] == 4
    assert len(about["banks"][0]["sha256"]) == 64
    assert (about["clipped"], about["silent"]) == (0, 0)
    assert 0.05 < about["peak"] < 1


def test_an_interrupted_rendering_goes_on_and_ends_the_same(options, tmp_path, monkeypatch):
    render(tmp_path / "whole", **options)
    done, go_on = stop_at_third_job(monkeypatch, rendering)
    with pytest.raises(KeyboardInterrupt):
        render(tmp_path / "set", **options)
    assert not (tmp_path / "set").exists()
    go_on()
    with pytest.raises(UsageError, match=r"\.set\.partial was begun with other gain"):
        render(tmp_path / "set", **options, gain=0.1)
    render(tmp_path / "set", **options)
    assert len(done) == len(set(done)) == 3  # nothing was rendered twice
    assert contents(tmp_path / "set") == contents(tmp_path / "whole")
    with pytest.raises(UsageError, match="exists already"):
        render(tmp_path / "set", **options)


def test_processes_make_the_same_bytes_and_a_limit_a_part_of_them(options, tmp_path):
    render(tmp_path / "one", **options)
    render(tmp_path / "two", **options | {"workers": 2})
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    render(tmp_path / "part", **options, notes=5)
    part = {n.name for n in NSynth(tmp_path / "part" / "train")}
    assert len(part) == 5
    assert part < {n.name for n in NSynth(tmp_path / "one" / "train")}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"pitches": [128]}, "pitches are chosen from 0-127"),
        ({"velocities": [0]}, "velocities are chosen from 1-127"),
        ({"pitches": []}, "none was given"),
        ({"banks": ["missing.dx7"]}, "there is no bank missing.dx7"),
        ({"notes": 2}, "notes must be at least 3"),
    ],
)
def test_wrong_values_are_told_before_anything_is_made(options, tmp_path, wrong, told):
    before = set(tmp_path.iterdir())
    with pytest.raises(UsageError, match=re.escape(told)):
        render(tmp_path / "set", **options | wrong)
    assert set(tmp_path.iterdir()) == before


def test_a_bank_of_no_use_is_told(dexed, tmp_path):
    (tmp_path / "odd.dx7").write_bytes(voice("KAZOO", operator()))
    with pytest.raises(UsageError, match=r"odd\.dx7: no voice can be used"):
        render(tmp_path / "set", [tmp_path / "odd.dx7"], workers=1)


def test_missing_dexed_says_how_to_get_it(hand, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "dexed", None)
    with pytest.raises(UsageError, match=r"dexed-py, .* is not installed.*: pip install dexed-py") as error:
        render(tmp_path / "set", [hand])
    assert "\n" not in str(error.value)
    assert not (tmp_path / "set").exists()


def test_the_command_makes_a_set_and_says_what_is_left_out(dexed, hand, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = ("--bank", hand, "--lowest", 60, "--highest", 61, "--notes", 5, "--workers", 1)
    output, errors = command_line("data", "dx7", "set", *options)
    assert output == "set: 5 notes in train, 0 notes in valid, 0 notes in test\n"
    assert "set: 1 voice is left out; dx7.json there tells why" in errors
    _, errors = command_line("data", "dx7", "set", "--lowest", 61, "--highest", 60, code=2)
    assert "highest 60 lies below lowest 61" in errors
