"""Explorers in a notebook: a real kernel that is asked as a front end asks, and what Python refuses to be told."""

import math
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from helpers import RATE, ROOT, decaying_note
from jupyter_client.manager import KernelManager
from traitlets import TraitError

from nsynthlib import widgets
from nsynthlib.spectral import STFT, LogMel, griffin_lim, magnitude_to_audio, stft

PATIENCE = 60  # seconds that a message may take on a busy machine
LONG = {"phase": "griffin-lim", "n_iter": 100, "n_fft": 4096, "hop_length": 64}  # a sound of some 20 seconds
SHOW = """
import sys
sys.path[:0] = ["tests", "tools"]
from helpers import RATE, decaying_note
from nsynthlib.widgets import sampling_explorer, stft_explorer
slow, other = stft_explorer(decaying_note(10), RATE), sampling_explorer()
display(slow, other)
print(slow.widget.model_id, other.widget.model_id)
"""


class FrontEnd:
    """What a notebook's page does: it runs cells, asks explorers and hears their answers."""

    def __init__(self, manager: KernelManager) -> None:
        self.client = manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=PATIENCE)
        self.models: list[str] = []

    def run(self, code: str) -> dict:
        """Runs a cell to its end; the reply's content, with what was printed as ``text``."""
        printed: list[str] = []

        def keep(message: dict) -> None:
            if message["msg_type"] == "stream":
                printed.append(message["content"]["text"])

        reply = self.client.execute_interactive(code, timeout=PATIENCE, output_hook=keep)
        return reply["content"] | {"text": "".join(printed)}

    def show(self) -> None:
        shown = self.run(SHOW)
        assert shown["status"] == "ok", shown
        self.models = shown["text"].split()

    def send(self, explorer: int, **content: object) -> None:
        data = {"method": "custom", "content": content}
        message = self.client.session.msg("comm_msg", {"comm_id": self.models[explorer], "data": data})
        self.client.shell_channel.send(message)

    def ask(self, explorer: int, number: str, want: str, **settings: object) -> None:
        self.send(explorer, type="compute", id=number, want=want, settings=settings)

    def cancel(self, explorer: int, number: str) -> None:
        self.send(explorer, type="cancel", id=number)

    def hear(self, number: str, what: str = "arrays") -> list[dict]:
        """All that explorers say until request ``number`` gets an answer (``arrays``), a report or a refusal."""
        heard = []
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            message = self.client.get_iopub_msg(timeout=PATIENCE)
            if message["msg_type"] != "comm_msg" or message["content"]["data"].get("method") != "custom":
                continue
            heard.append(message["content"]["data"]["content"])
            if heard[-1]["id"] == number and what in heard[-1]:
                return heard
        pytest.fail(f"no {what} for {number} in {PATIENCE} s")


def answered(heard: list[dict]) -> list[str]:
    """Requests that got what they asked for, in order."""
    return [content["id"] for content in heard if "arrays" in content]


STFT_SETTINGS = {"n_fft": 1024, "win_length": 0, "hop_length": 256, "window": "hann", "display": "decibels"}
START = STFT_SETTINGS | {"phase": "kept", "n_iter": 32}
SINE = {"frequency": 1000, "rate": 8000, "bits": 4, "dither": False, "level": -6}


@contextmanager
def notebook() -> Iterator[tuple[FrontEnd, KernelManager]]:
    """A front end that shows two explorers, and the manager of its kernel."""
    manager = KernelManager()
    manager.start_kernel(cwd=str(ROOT))
    front_end = FrontEnd(manager)
    try:
        front_end.show()
        yield front_end, manager
    finally:
        front_end.client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def front_end() -> Iterator[FrontEnd]:
    with notebook() as (front_end, _):
        yield front_end


def test_a_long_sound_holds_up_nothing_and_gives_way(front_end):
    """Figures of its own and of another explorer come meanwhile; left alone it is never heard of again."""
    front_end.ask(0, "long", "sound", **START | LONG)
    front_end.hear("long", "progress")
    front_end.ask(0, "figure", "figure", **START)
    assert answered(front_end.hear("figure")) == ["figure"]
    front_end.ask(1, "other figure", "figure", **SINE)
    assert answered(front_end.hear("other figure")) == ["other figure"]
    front_end.ask(1, "other sound", "sound", **SINE)  # waits for the thread
    front_end.ask(0, "waiting", "sound", **START | LONG)
    front_end.cancel(0, "waiting")  # before it has begun
    front_end.cancel(0, "long")
    front_end.ask(0, "newest", "sound", **START)
    heard = front_end.hear("newest")
    assert answered(heard) == ["other sound", "newest"]
    assert all(content["progress"] < 1 for content in heard if content["id"] == "long")
    assert not [content for content in heard if content["id"] == "waiting"]


def test_a_refusal_is_one_line_and_a_fault_is_told_from_it(front_end):
    front_end.ask(0, "gaps", "sound", **START | {"n_fft": 1024, "hop_length": 1024})
    assert front_end.hear("gaps", "error")[-1]["error"] == (
        "hop_length 1024 leaves gaps between the windows; use a smaller one"
    )
    for want in ("figure", "sound"):
        front_end.ask(0, want, want, **{name: value for name, value in START.items() if name != "n_fft"})
        assert front_end.hear(want, "error")[-1]["error"] == "this could not be computed (KeyError: 'n_fft')"


def test_a_kernel_that_computes_a_sound_ends_when_it_is_told():
    with notebook() as (front_end, manager):
        for number in range(3):
            front_end.ask(0, str(number), "sound", **START | LONG)
        front_end.hear("0", "progress")
        front_end.client.shutdown()
        manager.provisioner.process.wait(timeout=15)  # all three take a minute


def test_wrong_values_are_refused_in_the_cell_that_gives_them(front_end):
    reply = front_end.run("slow.widget.n_fft = 99")
    assert (reply["status"], reply["ename"]) == ("error", "TraitError")
    offered = "256, 512, 1024, 2048, 4096"
    assert reply["evalue"] == f"n_fft 99 is not offered; choose one from 0 to 4, the places of {offered}"


# --- what Python refuses ------------------------------------------------------------------------------------------

MAKE = {
    "stft": lambda: widgets.stft_explorer(decaying_note(3), RATE),
    "mel": lambda: widgets.mel_explorer(decaying_note(3), RATE),
    "sampling": widgets.sampling_explorer,
    "subtractive": lambda: widgets.synthesis_explorer("subtractive"),
    "morph": widgets.morph_explorer,
    "cvae": widgets.cvae_explorer,
}


@pytest.fixture(scope="module")
def explorers():
    return {name: make() for name, make in MAKE.items()}


@pytest.mark.parametrize(
    ("explorer", "name", "value", "offered"),
    [
        ("stft", "n_fft", -1, "from 0 to 4, the places of 256, 512, 1024, 2048, 4096"),
        ("stft", "window", 4, "from 0 to 3, the places of hann, hamming, blackman, boxcar"),
        ("stft", "n_iter", 0, "from 1 to 100"),
        ("mel", "f_max", 8001, "from 0 to 8000"),
        ("mel", "hop_length", 4096, "from 1 to 2048"),
        ("sampling", "bits", 1, "from 2 to 16"),
        ("sampling", "frequency", 20_000, "from 50 to 12000"),
        ("subtractive", "pitch", 500, "from 36 to 84"),
        ("subtractive", "attack", math.nan, "from 0.001 to 1"),
        ("subtractive", "cutoff", 8100.0, "from 100 to 8000"),
        ("morph", "position", math.nan, "from 0 to 1"),
        ("cvae", "x", math.nan, "from -2.0 to 2.0"),
        ("cvae", "texture", 1.5, "from 0 to 1"),
        ("cvae", "pitch", 10_000, "from 24 to 96"),
    ],
)
def test_a_setting_that_is_not_offered_is_refused_at_once(explorers, explorer, name, value, offered):
    """In one line with its name, the value and what there is; the setting stays what it was."""
    widget = explorers[explorer].widget
    before = getattr(widget, name)
    with pytest.raises(TraitError, match=f"^{name} {value} is not offered; choose one {offered}$"):
        setattr(widget, name, value)
    assert getattr(widget, name) == before


@pytest.mark.parametrize(
    ("explorer", "name", "told"),
    [
        ("cvae", "texture", "from 0 to 1"),
        ("subtractive", "cutoff", "from 100 to 8000"),
        ("subtractive", "depth", "from 0 to 3"),
    ],
)
def test_sliders_take_numbers_only(explorers, explorer, name, told):
    slider = explorers[explorer].controls[name]
    with pytest.raises(TraitError, match=f"{re.escape(slider.description)} nan is not offered; choose one {told}"):
        slider.value = math.nan


def test_a_setting_at_its_limit_is_taken(explorers):
    """A slider along a logarithm may miss it by the last digit of a float."""
    widget = explorers["subtractive"].widget
    for value in (8000.000000000002, 99.99999999999999):
        widget.cutoff = value
        assert widget.cutoff == value


# --- steps that can be counted ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def magnitude() -> torch.Tensor:
    return stft(torch.from_numpy(decaying_note(5, 8000)), STFT(512, 128)).abs()


@pytest.mark.parametrize("make", [griffin_lim, magnitude_to_audio])
def test_steps_are_counted_and_change_no_bit(magnitude, make):
    done = []
    counted = make(magnitude, STFT(512, 128), 8000, 4, on_step=lambda *step: done.append(step))
    assert done == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert torch.equal(counted, make(magnitude, STFT(512, 128), 8000, 4))


def test_what_a_step_raises_ends_the_work():
    db = torch.full(LogMel().shape, -40.0)
    done = []

    def stop(step: int, of: int) -> None:
        done.append(step)
        if step == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        LogMel().inverse(db, 5, stop)
    assert done == [1, 2]


def test_without_a_kernel_a_sound_is_answered_at_once(monkeypatch):
    sent = []
    explorer = widgets.sampling_explorer().widget
    monkeypatch.setattr(type(explorer), "send", lambda _, content, buffers=None: sent.append((content, buffers)))
    explorer._handle_custom_msg({"type": "compute", "id": "1", "want": "sound", "settings": SINE}, [])
    [(content, [wav])] = sent
    assert content["id"] == "1"
    assert np.frombuffer(wav[44:], "<i2").any()
