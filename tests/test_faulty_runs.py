"""Runs that are ended from outside, and run folders of another version or another network."""

import json
import os
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from helpers import command_line, in_python

from nsynthlib import Settings, rendering, train
from nsynthlib.data import pocket
from nsynthlib.errors import DataError, UsageError
from nsynthlib.signals import ENDING, interrupts
from nsynthlib.training import recipe, train_classifier

SETTINGS = Settings(kind="vae", epochs=2, batch_size=8, seed=3)


@pytest.fixture(scope="module")
def finished(notes, tmp_path_factory) -> Path:
    run = tmp_path_factory.mktemp("runs") / "finished"
    train(notes, run, SETTINGS, quiet=True)
    return run


@pytest.fixture
def run(finished, tmp_path) -> Path:
    """The finished run's records, to be spoilt."""
    (tmp_path / "run").mkdir()
    for path in finished.iterdir():
        (tmp_path / "run" / path.name).write_bytes(path.read_bytes())
    return tmp_path / "run"


def marked(kept: str) -> list:
    """Each signal that ends a program; two of them are rows of the book's table of faults."""
    faults = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}
    marks = {number: [pytest.mark.fault(fault, kept=kept)] for number, fault in faults.items()}
    return [pytest.param(number, id=number.name, marks=marks.get(number, [])) for number in ENDING]


SIGNALLED = """
import os, signal, sys
from nsynthlib import Settings, rendering, train
from nsynthlib.data import pocket
from nsynthlib.training import loop
number, run = int(sys.argv[1]), sys.argv[2]
next_batch = loop._next_batch
def signalled(notes, settings, step, *rest):
    if step == 3:  # the second step of the second epoch
        os.kill(os.getpid(), number)
    return next_batch(notes, settings, step, *rest)
loop._next_batch = signalled
every = pocket()
train((every[:22], every[22:32]), run, Settings(kind="vae", epochs=2, batch_size=8, seed=3), quiet=True)
"""


@pytest.mark.posix
@pytest.mark.parametrize(
    "number", marked("Every step of the training run, the one under way too; `--resume` goes on with it.")
)
def test_a_run_that_is_told_to_end_loses_nothing(notes, finished, tmp_path, number):
    """The step under way is kept, and what is resumed ends with the bits of a run that was never told."""
    run = tmp_path / "run"
    in_python("-c", SIGNALLED, int(number), run)
    assert torch.load(run / "latest.pt", weights_only=True)["step"] == 4
    train(notes, run, SETTINGS, resume=True, quiet=True)
    whole, again = (torch.load(folder / "latest.pt", weights_only=True) for folder in (finished, run))
    assert whole["step"] == again["step"]
    for part in ("model", "average"):
        assert all(torch.equal(tensor, again[part][name]) for name, tensor in whole[part].items())


TWO = """
import os, signal, sys
from pathlib import Path
from accelerate import PartialState
from nsynthlib import Settings, rendering, train
from nsynthlib.data import pocket
from nsynthlib.training import loop
next_batch = loop._next_batch
def signalled(notes, settings, step, share):
    if step == 2 and share.index == 1:
        os.kill(os.getpid(), signal.SIGTERM)
    return next_batch(notes, settings, step, share)
loop._next_batch = signalled
every = pocket()
settings = Settings(kind="vae", preset="thesis", epochs=4, batch_size=8)
history = train((every[:22], every[22:32]), sys.argv[1], settings, quiet=True)
Path(f"process-{PartialState().process_index}").write_text(str(len(history["validation"])))
"""


@pytest.mark.posix
def test_one_of_two_processes_that_is_told_to_end_ends_both(tmp_path):
    """In the third of eight steps; at the end of that epoch they have asked each other."""
    (tmp_path / "two.py").write_text(TWO)
    launch = ("-m", "torch.distributed.run", "--standalone", "--nproc_per_node", 2)
    environment = os.environ | {"OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"}
    in_python(*launch, "two.py", tmp_path / "run", env=environment, cwd=tmp_path)
    assert [(tmp_path / f"process-{i}").read_text() for i in (0, 1)] == ["2", "2"]
    assert torch.load(tmp_path / "run" / "latest.pt", weights_only=True)["step"] == 4


@pytest.mark.posix
def test_a_closed_terminal_loses_nothing(tmp_path):
    """SIGHUP comes with a terminal that can no longer be written to."""
    import fcntl
    import pty
    import termios

    command_line("data", "pocket", tmp_path / "notes")
    options = ["--out", str(tmp_path / "run"), "--preset", "thesis", "--epochs", "50", "--batch-size", "4"]
    command = [sys.executable, "-m", "nsynthlib", "train", "vae", str(tmp_path / "notes"), *options]
    child, terminal = pty.fork()
    if not child:
        os.execv(sys.executable, command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))  # rows and columns
    seen = b""
    while seen.count(b"\r") < 6:
        seen += os.read(terminal, 4096)
    os.close(terminal)
    began = time.monotonic()
    while not os.waitpid(child, os.WNOHANG)[0]:
        assert time.monotonic() - began < 60
        time.sleep(0.1)
    assert torch.load(tmp_path / "run" / "latest.pt", weights_only=True)["step"] > 1


@pytest.mark.posix
def test_a_second_signal_ends_at_once():
    with interrupts() as interrupted:
        os.kill(os.getpid(), signal.SIGTERM)
        assert interrupted()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


@pytest.mark.posix
def test_what_is_ignored_stays_ignored():
    """As under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interrupts() as interrupted:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not interrupted()
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.posix
@pytest.mark.parametrize("number", marked("What was finished; of the file under way, nothing is left."))
def test_any_command_ends_in_one_line_and_leaves_no_half_file(tmp_path, number, shown):
    command = [sys.executable, "-m", "nsynthlib", "data", "synthetic", str(tmp_path / "notes"), "--notes", "5000"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=os.environ | {"PYTHONUNBUFFERED": "1"}) as process:
        seen = b""
        while seen.count(b"note/s") < 3:
            seen += (more := process.stderr.read1())
            assert more, "it ended by itself"
        process.send_signal(number)
        told = process.stderr.read().decode()
        assert process.wait(60) == 1
    assert told.splitlines()[-1].endswith("nsynthlib: stopped")
    shown("nsynthlib: stopped")
    assert "Traceback" not in told
    assert not list(tmp_path.rglob("*.partial"))


STOPPED = """
import os, signal, sys
from nsynthlib.data import pocket
from nsynthlib.training import classifier
number, run, at = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
loss, calls = classifier.classifier_loss, []
def signalled(*given):
    calls.append(1)
    if len(calls) == at:
        os.kill(os.getpid(), number)
    return loss(*given)
classifier.classifier_loss = signalled
every = pocket()
try:
    classifier.train_classifier((every[:22], every[22:32]), run, epochs=3, quiet=True)
except classifier.RunFailed as error:
    print(error)
"""


@pytest.mark.posix
@pytest.mark.parametrize("number", marked("The best classifier so far."))
def test_a_classifier_that_is_told_to_end_leaves_the_best_and_says_so(tmp_path, number, shown):
    """22 notes are one step an epoch: the second step is the second epoch's."""
    told = in_python("-c", STOPPED, int(number), tmp_path / "run", 2).stdout
    assert told.startswith(f"stopped after 1 of 3 epochs; {tmp_path / 'run'} holds the best classifier so far, of")
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["config.json", "model.safetensors"]
    told = in_python("-c", STOPPED, int(number), tmp_path / "none", 1).stdout
    assert told == "stopped before the first of 3 epochs was over: nothing of it is kept\n"
    assert not (tmp_path / "none").exists()


RECORDS = {
    "a setting more": (lambda r: r["settings"].update(dropout=0.1), "the setting 'dropout', which this version"),
    "a setting less": (lambda r: r["settings"].pop("noise_prob"), "lacks the setting 'noise_prob'"),
    "no settings": (lambda r: r.clear(), "holds no settings"),
    "a list": (lambda r: r.update(settings=[1]), "holds no settings"),
    "an unknown kind": (lambda r: r["settings"].update(kind="gan"), "model 'gan' is unknown"),
    "a number that cannot be": (lambda r: r["settings"].update(epochs=0.5), "epochs 0.5 is no whole number"),
    "no notes": (lambda r: r.pop("data"), "holds no data"),
    "other notes": (lambda r: r["data"].pop("sha256"), "lacks the setting 'sha256'"),
}


@pytest.mark.parametrize(("spoil", "words"), RECORDS.values(), ids=RECORDS)
def test_a_run_of_another_version_is_told_in_one_line(notes, run, spoil, words):
    record = json.loads((run / "settings.json").read_text())
    spoil(record)
    (run / "settings.json").write_text(json.dumps(record))
    with pytest.raises(DataError, match=rf"settings\.json: .*{words}.* another version") as error:
        train(notes, run, SETTINGS, resume=True, quiet=True)
    assert "\n" not in str(error.value)


@pytest.mark.fault("weights of another version", kept="The run, as that version left it.")
def test_the_command_line_tells_another_version_in_one_line(run, tmp_path, shown):
    command_line("data", "pocket", tmp_path / "notes")
    record = json.loads((run / "settings.json").read_text())
    del record["settings"]["noise_prob"]
    (run / "settings.json").write_text(json.dumps(record))
    _, told = command_line("train", "vae", tmp_path / "notes", "--out", run, "--resume", code=1)
    assert len(told.splitlines()) == 1
    assert "lacks the setting 'noise_prob'" in told
    assert "another version" in told
    assert "options of its own" not in told
    shown(told.strip())


def test_a_deeply_nested_record_is_one_line(notes, run):
    (run / "settings.json").write_text("[" * 100_000)
    with pytest.raises(DataError, match="nested too deeply"):
        train(notes, run, SETTINGS, resume=True, quiet=True)


def test_a_rendering_of_another_version_is_told_in_one_line(tmp_path):
    about = {"settings": {"seed": 0, "notes": None}, "fluidsynth": "2", "fonts": []}
    record = tmp_path / "soundfont.json"
    for begun, words in (
        ({**about, "settings": {"seed": 0}}, "lacks the setting 'notes'"),
        ({**about, "settings": {**about["settings"], "reverb": 1}}, "has the setting 'reverb'"),
        ({**about, "settings": None}, "holds no settings"),
        ({k: v for k, v in about.items() if k != "fonts"}, "lacks the setting 'fonts'"),
        ([], "holds no settings"),
    ):
        record.write_text(json.dumps(begun))
        with pytest.raises(DataError, match=rf"soundfont\.json: {words}.* another version"):
            rendering.begin(record, about)
    record.write_text(json.dumps({**about, "fluidsynth": "1"}))
    with pytest.raises(UsageError, match="begun with other fluidsynth"):
        rendering.begin(record, about)
    record.write_text(json.dumps(about))
    rendering.begin(record, about)


CHECKPOINTS = {
    "a plain state_dict": lambda s: s["model"],
    "fewer tensors": lambda s: s | {"model": dict(list(s["model"].items())[:-4])},
    "another network": lambda s: s | {"model": {k: v[:1] for k, v in s["model"].items()}},
    "prefixed": lambda s: s | {"model": {"module." + k: v for k, v in s["model"].items()}},
    "another optimiser": lambda s: s | {"optimizer": {"adamw": s["optimizer"]["adamw"]}},
    "an optimiser of another size": lambda s: (
        s | {"optimizer": {k: {"state": {}, "param_groups": []} for k in s["optimizer"]}}
    ),
    "no average": lambda s: {k: v for k, v in s.items() if k != "average"},
    "no randomness": lambda s: s | {"random": torch.zeros(3)},
    "no step": lambda s: s | {"step": None},
    "no history": lambda s: s | {"history": {"train": []}},
    "a list": lambda s: [1, 2, 3],
    "a number": lambda s: 5,
}


@pytest.mark.parametrize("spoil", CHECKPOINTS.values(), ids=CHECKPOINTS)
def test_a_checkpoint_of_another_form_is_told_in_one_line(notes, run, spoil):
    torch.save(spoil(torch.load(run / "latest.pt", weights_only=True)), run / "latest.pt")
    words = r"latest\.pt: does not fit the settings.json beside it .*start a new run"
    with pytest.raises(DataError, match=words) as error:
        train(notes, run, SETTINGS, resume=True, quiet=True)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400


def test_a_checkpoint_of_a_gpu_goes_on_elsewhere(notes, run):
    """Its GPU's random numbers find none here."""
    state = torch.load(run / "latest.pt", weights_only=True)
    many = torch.cuda.device_count() + 1
    torch.save(state | {"cuda_random": [torch.zeros(16, dtype=torch.uint8)] * many}, run / "latest.pt")
    if not torch.cuda.is_available():
        assert len(train(notes, run, SETTINGS, resume=True, quiet=True)["validation"]) == 2


def test_a_folder_that_is_taken_is_told_before_the_notes_are_read(run, tmp_path, monkeypatch):
    monkeypatch.setattr("nsynthlib.training.loop.BatchSource", lambda *_: pytest.fail("the notes were read"))
    (tmp_path / "file").write_text("")
    every = pocket()
    for place, words in ((run, "holds a run already"), (tmp_path / "file", "is a file")):
        with pytest.raises(UsageError, match=words):
            train((every[:2], every[2:4]), place, SETTINGS, quiet=True)


def test_a_run_is_named_by_a_string_too(notes, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    train(notes, "runs/one", SETTINGS, quiet=True)
    assert (tmp_path / "runs" / "one" / "latest.pt").exists()
    train_classifier(notes, "runs/judge", epochs=1, quiet=True)
    assert (tmp_path / "runs" / "judge" / "training.json").exists()


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        (([], pocket()[:2]), DataError, "no notes to learn from"),
        ((pocket()[:2], []), DataError, "no notes to check by"),
        (pocket()[:2], UsageError, "notes must be two sets"),
        (None, UsageError, "notes must be two sets"),
    ],
    ids=["none to learn from", "none to check by", "one set", "nothing"],
)
def test_notes_that_are_none_are_named(given, error, words, tmp_path):
    for begin in (
        lambda: train(given, tmp_path / "run", SETTINGS, quiet=True),
        lambda: train_classifier(given, tmp_path / "run", epochs=1, quiet=True),
    ):
        with pytest.raises(error, match=words):
            begin()
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"settings": {"kind": "vae"}}, "settings must be nsynthlib.Settings"),
        ({"run": 5}, "run must be the path of a folder, not 5"),
        ({"minutes": float("nan")}, "minutes nan"),
        ({"minutes": -1}, "minutes -1"),
        ({"precision": "fp8"}, "precision 'fp8' is unknown; choose one of bf16, no"),
    ],
)
def test_what_training_cannot_use_is_named(notes, tmp_path, wrong, words):
    with pytest.raises(UsageError, match=words):
        train(**{"notes": notes, "run": tmp_path / "run", "settings": SETTINGS, "quiet": True} | wrong)


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"epochs": True}, {"learning_rate": 0}, {"seed": -1}])
def test_what_a_classifier_cannot_use_is_named(notes, tmp_path, wrong):
    with pytest.raises(UsageError, match=next(iter(wrong))):
        train_classifier(notes, tmp_path / "run", quiet=True, **{"epochs": 1} | wrong)


def test_a_recipe_of_no_known_kind_is_named():
    with pytest.raises(UsageError, match="model 'gan' is unknown"):
        recipe("gan", real=True)
    with pytest.raises(UsageError, match="preset 'huge' is unknown"):
        recipe("vae", "huge")
