"""Faults of a machine, made to happen to the command line: one line is shown, and nothing is lost."""

import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import soundfile
import torch
from helpers import ROOT, SMALL, command_line, contents, in_python
from nbclient import NotebookClient
from store_chapters import SETUP, code_cells, normalise

from nsynthlib import CVAE, Settings, generate, train
from nsynthlib.data import pocket
from nsynthlib.errors import DataError, UsageError
from nsynthlib.models import save_weights

NOTE = ("--pitch", "C4", "--family", "organ")
ODD = "Töne 1/día ü"  # a folder's name


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    """A small CVAE."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("weights") / "run"
    save_weights(CVAE(**SMALL), folder)
    return folder


@pytest.fixture
def run(weights, tmp_path) -> Path:
    """A copy of it, to be spoilt."""
    return shutil.copytree(weights, tmp_path / "run")


def last_line(told: str) -> str:
    """The last line, without the bar of progress before it."""
    return told.replace("\r", "\n").strip().splitlines()[-1]


def on_small_disk(folder: Path, *arguments: str) -> tuple[str, list[str]]:
    """What the command line says in a disk of 64 kB, in the folder ``disk``, and what lies there then."""
    script = """
        mount -t tmpfs -o size=64k none "$0" || exit 77
        "$@"; code=$?; ls -A "$0"; exit $code"""
    (folder / "disk").mkdir()
    command = ["unshare", "--map-root-user", "--mount", "sh", "-c", script, "disk"]
    if (
        shutil.which("unshare") is None
        or subprocess.run([*command, "true"], cwd=folder, capture_output=True).returncode
    ):
        pytest.skip("this system lets nobody have a small disk")
    command += [sys.executable, "-m", "nsynthlib", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1, done.stderr
    return done.stderr, done.stdout.split()


@pytest.mark.fault("full disk", kept="What is on the disk; of the file under way, nothing is left.")
def test_a_disk_that_fills_up_is_one_line_and_leaves_no_half_file(tmp_path, shown):
    told, left = on_small_disk(tmp_path, "data", "synthetic", "disk/notes", "--notes", "22")
    assert last_line(told) == "nsynthlib: disk/notes: No space left on device; make room or choose another disk"
    shown(last_line(told))
    assert left == []


def without_rights() -> list[str]:
    """What a command begins with so that a folder's rights hold for it, also where the tests run as root."""
    if os.geteuid():
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("root may write everywhere, and there is no setpriv")
    return ["setpriv", "--bounding-set", "-dac_override"]


@pytest.mark.fault("read-only folder", kept="The folder, as it was.")
def test_a_folder_that_may_not_be_written_to_is_one_line(tmp_path, run, shown):
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o555)
    command = [
        *without_rights(),
        sys.executable,
        "-m",
        "nsynthlib",
        "generate",
        folder / "note.wav",
        *NOTE,
        "--model",
        run,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    expected = f"nsynthlib: {folder}/note.wav: Permission denied; choose a folder that you may write to\n"
    assert (done.returncode, done.stderr) == (1, expected)
    shown(done.stderr.strip())
    assert contents(folder) == {}


@pytest.mark.fault("no GPU", kept="Everything: the run ends as on a GPU, later.")
def test_without_a_gpu_a_model_is_trained_on_the_cpu_and_that_is_said(tmp_path, shown):
    command_line("data", "pocket", tmp_path / "notes")
    options = ("--out", tmp_path / "run", "--preset", "thesis", "--epochs", 1, "--batch-size", 16)
    command = ("-m", "nsynthlib", "train", "vae", tmp_path / "notes", *options)
    told = in_python(*command, env=os.environ | {"CUDA_VISIBLE_DEVICES": ""}).stderr
    begin, *_, end = told.replace("\r", "\n").strip().splitlines()
    assert begin.startswith("vae on the CPU:   0%")
    assert end.startswith("vae on the CPU: 100%")
    shown(begin.partition("|")[0].strip())
    assert (tmp_path / "run" / "model.safetensors").exists()


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(bytes(1000))


@pytest.mark.fault("corrupted weights", kept="The file, to be looked at.")
@pytest.mark.parametrize("spoil", [truncate, overwrite])
def test_corrupted_weights_are_one_line(run, tmp_path, spoil, shown):
    spoil(run / "model.safetensors")
    before = contents(tmp_path)
    with pytest.raises(UsageError, match=r"its model\.safetensors cannot be read .* make it again") as error:
        CVAE.from_pretrained(run)
    shown(str(error.value))
    assert contents(tmp_path) == before


class Program:
    """What a pickle can hold: it makes a file when it is read."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self):
        return Path.touch, (self.file,)


@pytest.mark.fault("a pickle offered as weights", kept="All: the pickle is not read, so what it holds does not run.")
@pytest.mark.parametrize("by_torch", [False, True], ids=["bare", "torch.save"])
def test_a_pickle_is_not_read_as_weights(run, tmp_path, by_torch, shown):
    path = run / "model.safetensors"
    program = Program(tmp_path / "it ran")
    if by_torch:
        torch.save(program, path)
        torch.load(path, weights_only=False)
    else:
        path.write_bytes(pickle.dumps(program))
        pickle.loads(path.read_bytes())
    (tmp_path / "it ran").unlink()  # so it does where it is read
    with pytest.raises(UsageError, match=r"its model\.safetensors is a pickle") as error:
        CVAE.from_pretrained(run)
    shown(str(error.value))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run"]


@pytest.mark.fault(
    "a pickle offered as weights", kept="All: a checkpoint that holds more than numbers is not read either."
)
def test_a_pickle_is_not_read_as_a_checkpoint(tmp_path, shown):
    notes, settings = (pocket()[:8], pocket()[8:10]), Settings(kind="ae", preset="thesis", epochs=1, batch_size=8)
    train(notes, tmp_path / "run", settings, quiet=True)
    torch.save({"model": Program(tmp_path / "it ran")}, tmp_path / "run" / "latest.pt")
    with pytest.raises(DataError, match=r"latest\.pt: cannot be read") as error:
        train(notes, tmp_path / "run", settings, resume=True, quiet=True)
    shown(str(error.value))
    assert not (tmp_path / "it ran").exists()


@pytest.mark.fault("a path with spaces and non-ASCII letters", kept="Everything works as in any other folder.")
def test_a_path_may_hold_spaces_and_any_letters(run, tmp_path, shown):
    place = tmp_path / ODD
    run = shutil.move(run, place / "modèle 1")
    out = place / "note é.wav"
    in_python("-m", "nsynthlib", "generate", out, *NOTE, "--model", run, "--seed", 0)
    expected = generate(CVAE.from_pretrained(run), pitch=60, family="organ", velocity=100, seed=0)
    assert torch.allclose(torch.from_numpy(soundfile.read(out, dtype="float32")[0]), expected, atol=1 / 32768)
    with pytest.raises(UsageError, match=f"^'{place}/modèle 2' holds no CVAE: there is no folder") as error:
        CVAE.from_pretrained(place / "modèle 2")
    shown(str(error.value))


@pytest.mark.fault("a notebook run from another folder", kept="Everything: the chapter prints what it prints at home.")
def test_a_chapter_runs_in_another_folder(tmp_path):
    """The shortest one."""
    folder = tmp_path / ODD
    folder.mkdir(parents=True)
    chapter = nbformat.read(ROOT / "chapters" / "01_sampling.ipynb", as_version=4)
    printed = [cell.outputs for cell in code_cells(chapter)]
    where = {"metadata": {"path": str(folder)}}
    NotebookClient(chapter, timeout=600, kernel_name="python3", resources=where, coalesce_streams=True).execute()
    again = [cell.outputs for cell in code_cells(normalise(chapter))]
    assert [[out.get("text") for out in cell] for cell in again] == [
        [out.get("text") for out in cell] for cell in printed
    ]
    assert contents(folder) == {}


@pytest.mark.fault("a notebook run from another folder", kept="Nothing was begun: the first cell says what to install.")
def test_a_chapter_without_the_package_says_how_to_get_it(tmp_path, shown):
    """In a Python that has no library at all."""
    outside = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    told = in_python("-S", "-c", SETUP, code=1, cwd=tmp_path, env=outside).stderr
    assert told.startswith("nsynthlib is missing. In the book's folder")
    shown(told.strip())
