"""The pocket set that the package carries: what is in it, that it is heard as it is named, and how it was made."""

import json
import os
from collections import Counter, defaultdict

import numpy as np
import soundfile
from helpers import ROOT, in_python, need

from nsynthlib.audio import estimate_pitch
from nsynthlib.data import FAMILIES, VELOCITIES, NSynth

FOLDER = ROOT / "nsynthlib" / "pocket_notes"


def test_it_covers_families_pitches_and_velocities(pocket_notes):
    assert 55 <= len(pocket_notes) <= 65
    families, instruments, keys, struck = Counter(), defaultdict(set), defaultdict(set), defaultdict(set)
    for note in pocket_notes:
        families[note.family] += 1
        instruments[note.family].add(note.instrument)
        keys[note.instrument, note.velocity].add(note.pitch)
        struck[note.instrument, note.pitch].add(note.velocity)
    assert set(families) == set(FAMILIES)
    assert min(families.values()) >= 5
    assert min(map(len, instruments.values())) >= 2
    assert {note.velocity for note in pocket_notes} == set(VELOCITIES)
    assert min(note.pitch for note in pocket_notes) == 24
    assert max(note.pitch for note in pocket_notes) == 96
    assert set(VELOCITIES) in struck.values()
    assert max(map(len, keys.values())) >= 6


def test_it_is_small_and_flac(pocket_notes):
    files = [path for path in FOLDER.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 3_000_000
    assert {path.name for path in FOLDER.iterdir()} == {"audio", "examples.json", "pocket.json", "LICENSE"}
    assert {path.name for path in FOLDER.glob("audio/*")} == {f"{note.name}.flac" for note in pocket_notes}
    for path in FOLDER.glob("audio/*"):
        about = soundfile.info(path)
        assert (about.format, about.subtype, about.samplerate) == ("FLAC", "PCM_16", 16_000)
        assert (about.channels, about.frames) == (1, 64_000)


def test_every_note_is_what_its_name_says(pocket_notes):
    for note in pocket_notes:
        assert abs(estimate_pitch(note.audio) - note.pitch) < 0.5, note.name
        samples = note.samples.astype(int)
        assert 100 < np.abs(samples).max() < 32_767, note.name
        held, released = np.abs(samples[:48_000]).max(), np.abs(samples[-1_600:]).max()
        assert released < 0.5 * held, note.name


def test_velocity_is_heard(pocket_notes):
    piano = pocket_notes.filter(instrument="keyboard_acoustic_000", pitch=60)
    levels = [float(note.audio.square().mean()) for note in sorted(piano, key=lambda note: note.velocity)]
    assert len(levels) == 5
    assert levels == sorted(levels)


def test_it_needs_no_network_and_no_other_program(pocket_notes):
    code = (
        "import socket, sys\n"
        "def refuse(*_): raise AssertionError('the network')\n"
        "socket.socket.connect = refuse\n"
        "from nsynthlib.data import pocket\n"
        "print(sum(note.audio.numel() for note in pocket()))\n"
        "assert 'nsynthlib.soundfont' not in sys.modules\n"
    )
    environment = {k: v for k, v in os.environ.items() if k != "PATH"} | {"PATH": "/nowhere"}
    assert int(in_python("-c", code, env=environment).stdout) == len(pocket_notes) * 64_000


def test_its_licence_and_its_making_are_told(pocket_notes):
    licence = " ".join((FOLDER / "LICENSE").read_text().split())
    for words in ("Frank Wen", "Permission is hereby granted, free of charge", "FluidR3_GM.sf2", "AS IS"):
        assert words in licence
    about = json.loads((FOLDER / "pocket.json").read_text())
    assert about["font"]["sha256"] == "74594e8f4250680adf590507a306655a299935343583256f3b722c48a1bc1cb0"
    assert (ROOT / about["command"].split()[1]).is_file()
    assert set(about["presets"]) == {note.instrument for note in pocket_notes}


def test_the_command_makes_it_again(fluid_r3, pocket_notes, tmp_path):
    import make_pocket

    need(lambda: make_pocket.make(fluid_r3, tmp_path / "pocket"))
    again, shipped = NSynth(tmp_path / "pocket"), pocket_notes
    assert [note.name for note in again] == [note.name for note in shipped]
    about, before = (json.loads((folder / "pocket.json").read_text()) for folder in (again.folder, FOLDER))
    if about == before:  # the same versions write the same bytes
        for path in FOLDER.rglob("*.*"):
            assert (tmp_path / "pocket" / path.relative_to(FOLDER)).read_bytes() == path.read_bytes(), path.name
    for one, other in zip(again, shipped, strict=True):  # other versions sound the same
        difference = np.abs(one.samples.astype(int) - other.samples).max()
        assert difference <= 0.01 * np.abs(other.samples.astype(int)).max() + 2, one.name
