"""What several test files share: sounds, sets of notes, a small model, the command line, a Python of one's own."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterable
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
import pytest
import torch

from nsynthlib.__main__ import main
from nsynthlib.audio import midi_to_hz
from nsynthlib.data import NewNote
from nsynthlib.errors import UsageError
from nsynthlib.models import Condition
from nsynthlib.signals import ENDING

ROOT = Path(__file__).resolve().parent.parent
NODE = shutil.which("node") or str(ROOT / ".venv" / "bin" / "node")
RATE = 16_000
SMALL = {"latent_dim": 6, "n_mels": 64, "n_fft": 512, "hop_length": 256, "samples": 8000}  # of a model that is quick


def in_python(*arguments: object, code: int = 0, **options) -> subprocess.CompletedProcess[str]:
    """What a Python of its own does with these arguments; it must exit with ``code``."""
    command = [sys.executable, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, **options)
    assert done.returncode == code, done.stderr
    return done


def command_line(*arguments: object, code: int = 0) -> tuple[str, str]:
    """What ``nsynthlib`` prints on stdout and stderr for these arguments; it must exit with ``code``.

    It runs in this process, which has read all libraries already, and leaves it as it was.
    """
    output, errors = io.StringIO(), io.StringIO()
    with (
        ExitStack() as handlers,
        pytest.MonkeyPatch.context() as patch,
        warnings.catch_warnings(),
        redirect_stdout(output),
        redirect_stderr(errors),
    ):
        for number in ENDING:
            handlers.callback(signal.signal, number, signal.getsignal(number))
        patch.setattr(sys, "argv", ["nsynthlib", *map(str, arguments)])
        warnings.simplefilter("default")
        warnings.simplefilter("ignore", DeprecationWarning)  # as Python itself does outside of tests
        with pytest.raises(SystemExit) as ended:
            main()
    assert ended.value.code == code, errors.getvalue()
    assert "Traceback" not in errors.getvalue()
    return output.getvalue(), errors.getvalue()


def need(what: Callable[[], object]):
    """What ``what`` gives. Where it is not installed the test is skipped, but fails where CI installs it."""
    try:
        return what()
    except UsageError as error:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(str(error))


# The most memory that a program has had, in kB, for one that is given to `in_python`. Its `ru_maxrss` would not do:
# that counts the program which it was begun by, too.
PEAK = """
import re
from pathlib import Path
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def harmonics(hertz: float, partials: int, seconds: float = 4.0, rate: int = RATE) -> np.ndarray:
    """Sines of ``hertz`` and its multiples, the k-th of amplitude 1 / k, float64 [samples]."""
    turns = 2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate
    return sum(np.sin(k * turns) / k for k in range(1, partials + 1))


def played_note(
    pitch: float, level: float = 0.5, seconds: float = 2.0, rate: int = RATE, partials: int = 5
) -> np.ndarray:
    """A steady note of a few partials that begins within 5 ms, peaking at `level`, float64 [samples]."""
    hertz = midi_to_hz(pitch)
    sound = harmonics(hertz, max(1, min(partials, int(0.45 * rate / hertz))), seconds, rate)
    sound *= level / np.abs(sound).max()
    rise = round(0.005 * rate)
    sound[:rise] *= np.linspace(0, 1, rise)
    return sound


def sine(hertz: float, amplitude: float = 1.0, seconds: float = 4.0, rate: int = RATE) -> np.ndarray:
    return amplitude * harmonics(hertz, 1, seconds, rate)


def decaying_note(partials: int, samples: int = 64_000) -> np.ndarray:
    """Partials that decay, the higher the faster, over faint noise, float32: all levels down to the floor and below."""
    time = np.arange(samples) / RATE
    numbers = range(1, partials + 1)
    tones = [np.sin(2 * np.pi * 220 * k * time + k) * np.exp(-time * (0.5 + 0.2 * k)) / k for k in numbers]
    noise = np.random.default_rng(0).standard_normal(samples)
    return (0.3 * np.sum(tones, axis=0) + 3e-3 * noise).astype(np.float32)


def rms(audio: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.asarray(audio, np.float64) ** 2)))


def level_db(audio: np.ndarray) -> float:
    """RMS in dB of full scale."""
    return float(20 * np.log10(rms(audio)))


def strongest(audio: np.ndarray, rate: int = RATE) -> float:
    """Frequency in hertz of the highest peak of the spectrum under a Hann window."""
    return float(np.abs(np.fft.rfft(audio * np.hanning(len(audio)))).argmax() * rate / len(audio))


def noise_notes(instruments: Iterable[str], pitches: Iterable[int], velocity: int = 100) -> list[NewNote]:
    """A note of white noise, another for each, of every instrument at every pitch."""
    rng = np.random.default_rng(0)
    names = [(instrument, pitch) for instrument in instruments for pitch in pitches]
    sounds = (torch.from_numpy(0.3 * rng.uniform(-1, 1, 64_000)).float() for _ in names)
    return [NewNote(name, 0, pitch, velocity, audio) for (name, pitch), audio in zip(names, sounds, strict=True)]


def conditions(notes: int, pitch: int = 60) -> Condition:
    """As many conditions, of one pitch and of one family after the other."""
    return Condition(torch.full((notes,), pitch), torch.arange(notes) % 11, torch.full((notes,), 100))


def settings_of(widget) -> dict:
    """What the front end reads from the traits."""
    chosen = widget.choices
    return {n: chosen[n][getattr(widget, n)] if n in chosen else getattr(widget, n) for n in widget.settings}


def labels_by_file(out: Path) -> dict[str, tuple[int, int, str, str]]:
    """File to pitch, velocity, family and source, from the set's own index."""
    entries = json.loads((out / "examples.json").read_text()).values()
    labels = ("pitch", "velocity", "instrument_family_str", "instrument_source_str")
    return {entry["file"]: tuple(entry[label] for label in labels) for entry in entries}


def causes_by_file(record) -> dict[str, str]:
    """File to cause."""
    return {left["file"]: left["cause"] for left in record["left_out"]}


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a folder by their paths in it."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def stop_at_third_job(monkeypatch, rendering, leave=lambda job: None) -> tuple[list[str], Callable[[], None]]:
    """The module's rendering is interrupted at its third instrument, where `leave` leaves what a kill would.

    Returns the instruments that were rendered, which goes on growing, and what lets it go on.
    """
    done, real = [], rendering.render_job

    def stopping(job):
        if len(done) == 2:
            leave(job)
            raise KeyboardInterrupt
        done.append(job.instrument)
        return real(job)

    def go_on():
        monkeypatch.setattr(rendering, "render_job", lambda job: done.append(job.instrument) or real(job))

    monkeypatch.setattr(rendering, "render_job", stopping)
    return done, go_on
