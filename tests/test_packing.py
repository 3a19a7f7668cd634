"""One file for a whole set: the same notes, opened at once by many, whole or not there."""

import json
import multiprocessing

import numpy as np
import pytest
import torch
from helpers import in_python, noise_notes
from safetensors import safe_open
from torch.utils.data import DataLoader

from nsynthlib.data import NoteDataset, NSynth, pack, write_notes
from nsynthlib.data.notes import LABELS
from nsynthlib.errors import DataError, UsageError


@pytest.fixture
def notes(tmp_path):
    instruments = ("organ_synthetic_000", "synth_lead_synthetic_001")
    write_notes(tmp_path / "notes", noise_notes(instruments, (9, 60, 119), 127))
    return NSynth(tmp_path / "notes")


def left(folder):
    """What lies in a folder, but for the lock that many processes share."""
    return sorted(p.name for p in folder.iterdir() if not p.name.endswith(".lock"))


def test_a_packed_note_is_the_note(notes, tmp_path):
    packed = NSynth(pack(notes, tmp_path / "set.safetensors"))
    assert repr(packed) == "NSynth('set.safetensors': 6 notes, 2 instruments)"
    for a, b in zip(notes, packed, strict=True):
        assert [getattr(a, label) for label in LABELS] == [getattr(b, label) for label in LABELS]
        np.testing.assert_array_equal(a.samples, b.samples)
    part = packed.filter(family="synth_lead", pitch=119)
    np.testing.assert_array_equal(part[0].samples, notes[-1].samples)
    np.testing.assert_array_equal(packed[::-1][0].samples, notes[-1].samples)


def test_real_notes_survive(real_notes, tmp_path):
    packed = NSynth(pack(real_notes, tmp_path / "real.safetensors"))
    assert [n.name for n in packed] == [n.name for n in real_notes]
    for a, b in zip(real_notes, packed, strict=True):
        np.testing.assert_array_equal(a.samples, b.samples)


def test_the_file_is_safetensors(notes, tmp_path):
    """The library's own reader, and the same bytes for the same notes."""
    path = pack(notes, tmp_path / "set.safetensors")
    with safe_open(path, framework="np") as file:
        np.testing.assert_array_equal(file.get_slice("samples")[2:3][0], notes[2].samples)
        assert file.get_tensor("pitch").tolist() == [9, 60, 119] * 2
        assert json.loads(file.metadata()["instruments"]) == ["organ_synthetic_000", "synth_lead_synthetic_001"]
    assert pack(notes, tmp_path / "again.safetensors").read_bytes() == path.read_bytes()


def total(notes):
    """The sum of all samples."""
    return sum(int(note.samples.astype(np.int64).sum()) for note in notes)


def pack_and_sum(folder, path, start, answers):
    start.wait()
    answers.put(total(NSynth(pack(NSynth(folder), path))))


def test_many_processes_build_and_open_it_at_once(notes, tmp_path):
    context = multiprocessing.get_context("spawn")
    start, answers = context.Event(), context.Queue()
    path = tmp_path / "set.safetensors"
    workers = [
        context.Process(target=pack_and_sum, args=(notes.folder, path, start, answers), daemon=True) for _ in range(3)
    ]
    for worker in workers:
        worker.start()
    start.set()
    found = {answers.get(timeout=120) for _ in workers}
    for worker in workers:
        worker.join()
    assert found == {total(notes)}
    assert left(tmp_path) == ["notes", "set.safetensors"]


def test_a_data_loader_opens_it_in_its_workers(notes, tmp_path):
    packed = NSynth(pack(notes, tmp_path / "set.safetensors"))
    audio = torch.cat([batch["audio"] for batch in DataLoader(NoteDataset(packed), batch_size=4, num_workers=2)])
    torch.testing.assert_close(audio, torch.stack([note.audio for note in notes]), rtol=0, atol=0)


def test_packing_again_keeps_the_file_and_other_notes_are_refused(notes, tmp_path):
    path = pack(notes, tmp_path / "set.safetensors")
    before = path.stat().st_mtime_ns
    assert pack(notes, path).stat().st_mtime_ns == before
    with pytest.raises(DataError, match="holds other notes than these"):
        pack(notes[:3], path)


def test_a_bad_note_stops_packing_and_leaves_nothing(notes, tmp_path):
    notes[4].path.write_text("hello")
    with pytest.raises(DataError, match=r"001-060-127\.wav: cannot be read as WAV"):
        pack(notes, tmp_path / "set.safetensors")
    assert left(tmp_path) == ["notes"]


def test_a_full_disk_is_told_before_anything_is_written(notes, tmp_path, disk_with):
    disk_with(500_000)
    with pytest.raises(DataError, match=r"packing needs 0\.0 GB and 0\.0 GB are free; make room"):
        pack(notes, tmp_path / "set.safetensors")
    assert left(tmp_path) == ["notes"]


@pytest.mark.posix
@pytest.mark.fault("full disk", kept="The notes that were to be packed; of the packed file, nothing is left.")
def test_a_disk_that_fills_up_leaves_nothing(notes, tmp_path):
    """In a process whose files the system limits to half of what the set needs."""
    code = """if True:
        import resource, signal, sys
        from nsynthlib.data import NSynth, pack
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
        pack(NSynth(sys.argv[1]), __import__("pathlib").Path(sys.argv[2]))
    """
    told = in_python("-c", code, notes.folder, tmp_path / "set.safetensors", code=1).stderr.splitlines()[-1]
    assert "set.safetensors: cannot be written (" in told
    assert left(tmp_path) == ["notes"]


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda p: p.write_bytes(p.read_bytes()[:-1]), "cannot be read as a packed set"),
        (lambda p: p.write_bytes(b""), "cannot be read as a packed set"),
        (lambda p: p.write_text("hello, this is no packed set"), "cannot be read as a packed set"),
        (lambda p: p.unlink(), "is missing; make it with `nsynthlib data pack`"),
    ],
)
def test_a_broken_file_is_named(notes, tmp_path, spoil, complaint):
    path = pack(notes, tmp_path / "set.safetensors")
    spoil(path)
    with pytest.raises(DataError, match=complaint) as error:
        NSynth(path)
    assert str(path) in str(error.value)


def test_weights_are_no_notes(tmp_path):
    from safetensors.torch import save_file

    save_file({"weight": torch.zeros(3)}, tmp_path / "model.safetensors")
    with pytest.raises(DataError, match="is not a packed set of notes"):
        NSynth(tmp_path / "model.safetensors")


def test_a_name_of_another_kind_is_refused(notes, tmp_path):
    with pytest.raises(UsageError, match=r"ends in \.safetensors"):
        pack(notes, tmp_path / "set.npy")
    with pytest.raises(UsageError, match="is no folder"):
        pack(notes, tmp_path / "nowhere" / "set.safetensors")
