"""Every kind of fault, made on purpose in a good set, is named by `data check`; and the good set has none."""

import json
import os
import re
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from helpers import noise_notes
from scipy.io import wavfile

from nsynthlib.data import NSynth, check, load_samples, pack, write_notes
from nsynthlib.errors import DataError

FIRST = "organ_synthetic_000-050-100"


@pytest.fixture
def folder(tmp_path):
    """Four good notes, in a folder whose path has spaces and letters beyond ASCII."""
    out = tmp_path / "mes notes – été"
    write_notes(out, noise_notes(("organ_synthetic_000", "synth_lead_synthetic_001"), (50, 60)))
    return out


def faults(source):
    return [str(fault) for fault in check(source)]


def index(change):
    """A fault of the index: `change` edits its entries."""

    def spoil(folder, _):
        path = folder / "examples.json"
        entries = json.loads(path.read_text())
        change(entries)
        path.write_text(json.dumps(entries))

    return spoil


def renamed(name):
    return index(lambda e: e.update({name: e.pop(FIRST)}))


def text(content):
    return lambda folder, _: (folder / "examples.json").write_text(content)


def samples(make, rate=16_000):
    """A fault of the first note's sound: `make` gets its samples and gives others."""

    def spoil(_, path):
        wavfile.write(path, rate, make(wavfile.read(path)[1]))

    return spoil


def as_float(change):
    def make(x):
        y = x.astype(np.float32) / 32768
        change(y)
        return y

    return samples(make)


def clip(x):
    x[1000:1100] = 32767
    return x


def replaced(by):
    def spoil(_, path):
        path.unlink()
        by(path)

    return spoil


def truncate(_, path):
    path.write_bytes(path.read_bytes()[:70_000])


def mangle(_, path):
    content = bytearray(path.read_bytes())
    content[16:36] = bytes(20)  # the description of the format: no channels, no bits
    path.write_bytes(content)


KINDS = {
    "no index": (lambda f, _: (f / "examples.json").unlink(), r"examples\.json is missing"),
    "broken JSON": (text('{"a": '), "cannot be read as JSON"),
    "not UTF-8": (lambda f, _: (f / "examples.json").write_bytes(b"\xff\xfe{}"), "cannot be read as JSON"),
    "JSON nested too deeply": (text("[" * 100_000), "nested too deeply|cannot be read as JSON"),
    "no entries": (text("{}"), "holds no notes"),
    "a list": (text("[1, 2]"), "holds no notes"),
    "one entry alone": (text('{"pitch": 60}'), "is one note's entry"),
    "an entry twice": (
        lambda f, _: (f / "examples.json").write_text(
            f'{{"{FIRST}": {{}}, ' + (f / "examples.json").read_text().lstrip()[1:]
        ),
        f"'{FIRST}' stands twice",
    ),
    "entry is no object": (index(lambda e: e.update({FIRST: 3})), f"'{FIRST}' lacks labels"),
    "entry without a label": (index(lambda e: e[FIRST].pop("velocity")), f"'{FIRST}' lacks labels"),
    "name of another form": (renamed("my note"), "'my note' is not named <family>_<source>_<nnn>-<pitch>-<velocity>"),
    "unknown family": (renamed("kazoo_acoustic_001-060-100"), "unknown family 'kazoo'"),
    "unknown source": (renamed("organ_wooden_001-060-100"), "unknown source 'wooden'"),
    "pitch beyond MIDI": (renamed("organ_acoustic_001-160-100"), "has pitch 160"),
    "velocity beyond MIDI": (renamed("organ_acoustic_001-060-128"), "has velocity 128"),
    "key against fields": (index(lambda e: e[FIRST].update(pitch=51)), "contradict its name: pitch is 51, not 50"),
    "missing file": (replaced(lambda p: None), rf"{FIRST}\.wav is missing"),
    "orphan file": (index(lambda e: e.pop(FIRST)), rf"{FIRST}\.wav: belongs to no entry"),
    "entry without audio": (
        index(lambda e: e.update({FIRST.replace("050", "051"): e[FIRST] | {"pitch": 51}})),
        r"organ_synthetic_000-051-100\.wav is missing",
    ),
    "no audio folder": (lambda f, _: shutil.rmtree(f / "audio"), "audio is missing"),
    "link to itself": (replaced(lambda p: p.symlink_to(p.name)), rf"{FIRST}\.wav: cannot be opened"),
    "audio folder links to itself": (
        lambda f, _: (shutil.rmtree(f / "audio"), (f / "audio").symlink_to("audio")),
        "audio: cannot be listed",
    ),
    "a folder with a note's name": (replaced(Path.mkdir), rf"{FIRST}\.wav: is not a file"),
    "a pipe with a note's name": (replaced(lambda p: os.mkfifo(p)), rf"{FIRST}\.wav: is not a file"),
    "0 bytes": (lambda _, p: p.write_bytes(b""), "is empty"),
    "no samples": (samples(lambda x: x[:0]), "holds no samples|cannot be read"),
    "truncated": (truncate, "cannot be read as WAV"),
    "not audio": (lambda _, p: p.write_text("hello"), "cannot be read as WAV"),
    "mangled header": (mangle, "cannot be read as WAV"),
    "an MP3 by the name of WAV": (
        lambda _, p: soundfile.write(p, np.zeros(64_000), 16_000, format="MP3"),
        "cannot be read as WAV",
    ),
    "wrong rate": (samples(lambda x: x, rate=22_050), "is sampled at 22050 Hz; resample it to 16000 Hz"),
    "too short": (samples(lambda x: x[:1000]), "holds 1000 samples"),
    "too long": (samples(lambda x: np.tile(x, 2)), "holds 128000 samples"),
    "stereo": (samples(lambda x: np.stack([x, x], 1)), "has 2 channels; mix it to mono"),
    "NaN": (as_float(lambda y: y.__setitem__(7, np.nan)), "not numbers"),
    "infinity": (as_float(lambda y: y.__setitem__(7, np.inf)), "not numbers"),
    "silent": (samples(np.zeros_like), "is silent"),
    "nearly silent": (samples(lambda x: np.sign(x)), "is silent"),
    "clipped": (samples(clip), r"is clipped \(100 samples in a row"),
    "duplicated content": (
        lambda _, p: shutil.copy(p, p.with_name("organ_synthetic_000-060-100.wav")),
        rf"000-060-100\.wav: sounds the same as .*{FIRST}\.wav",
    ),
}


# Faults that reading passes over, of the sound or of a file that is no note's, and two that it tells by the first note.
READ = {"orphan file", "silent", "nearly silent", "clipped", "duplicated content"}
READ |= {"no audio folder", "audio folder links to itself"}


# What Windows' files cannot be, or only for an administrator.
SPECIAL = ("link to itself", "audio folder links to itself", "a pipe with a note's name")
EACH = [pytest.param(kind, marks=pytest.mark.posix if kind in SPECIAL else ()) for kind in KINDS]


@pytest.mark.parametrize("kind", EACH)
def test_each_kind_of_fault_is_named(folder, kind):
    spoil, complaint = KINDS[kind]
    assert faults(folder) == []
    spoil(folder, folder / "audio" / f"{FIRST}.wav")
    found = faults(folder)
    assert any(re.search(complaint, line) for line in found), found
    assert all("\n" not in line and str(folder) in line for line in found)


@pytest.mark.parametrize("kind", [kind for kind in EACH if kind.values[0] not in READ])
def test_a_faulty_note_is_not_read(folder, kind):
    """One line says what is wrong, and where."""
    spoil, complaint = KINDS[kind]
    spoil(folder, folder / "audio" / f"{FIRST}.wav")
    with pytest.raises(DataError, match=complaint) as error:
        load_samples(NSynth(folder))
    places = ["examples.json", f"audio/{FIRST}.wav", f"audio/{FIRST.replace('050', '051')}.wav"]
    assert any(str(folder / place) in str(error.value) for place in places)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("subtype", ["PCM_24", "FLOAT"])
def test_another_width_is_said_but_no_fault(folder, subtype):
    path = folder / "audio" / f"{FIRST}.wav"
    rate, audio = wavfile.read(path)
    soundfile.write(path, audio / 32768, rate, subtype=subtype)
    (found,) = check(folder)
    assert found.harmless
    assert "converted to 16-bit" in str(found)


def test_all_faults_are_named_at_once(folder):
    """Four notes, four faults: none hides another."""
    for number, (path, kind) in enumerate(
        zip(sorted((folder / "audio").iterdir()), ("0 bytes", "stereo", "clipped", "silent"), strict=True)
    ):
        KINDS[kind][0](folder, path)
        assert len(faults(folder)) == number + 1


@pytest.fixture
def anybody():
    """A folder that everyone may enter, and no rights beyond everyone's."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    root = os.geteuid() == 0
    yield folder, (lambda: os.seteuid(65534)) if root else (lambda: None)
    if root:
        os.seteuid(0)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.posix
@pytest.mark.parametrize("closed", ["audio", "examples.json"])
def test_missing_rights_are_named(anybody, closed):
    folder, drop_rights = anybody
    write_notes(folder / "notes", noise_notes(["organ_synthetic_000"], [60]))
    (folder / "notes" / closed).chmod(0)
    drop_rights()
    (fault, *_) = faults(folder / "notes")
    assert "Permission denied" in fault
    assert closed in fault


def test_the_real_notes_have_no_fault(real_notes):
    assert faults(real_notes.folder) == []


def test_a_packed_set_is_checked_too(folder, tmp_path):
    KINDS["silent"][0](folder, folder / "audio" / f"{FIRST}.wav")
    packed = pack(NSynth(folder), tmp_path / "set.safetensors")
    (fault,) = faults(packed)
    assert f"set.safetensors: {FIRST}: is silent" in fault
    packed.write_bytes(packed.read_bytes()[:-100])
    (fault,) = faults(packed)
    assert "cannot be read as a packed set" in fault
