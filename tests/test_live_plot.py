"""The losses of a long run are drawn in a notebook while they fall; a short run draws nothing."""

import IPython.display
import pytest
from matplotlib import pyplot

from nsynthlib import NSynth, Settings
from nsynthlib.data import write_notes
from nsynthlib.plots import loss_curves
from nsynthlib.synthesis import synthetic_notes
from nsynthlib.training import live_plot, train
from nsynthlib.training.live_plot import LivePlot

HISTORY = {
    "train": [{"step": 10 * i, "loss": 900.0 / i, "kl": 1.0} for i in range(1, 6)],
    "validation": [{"step": 20, "rmse_db": 9.0}, {"step": 40, "rmse_db": 7.5}],
}


class Output:
    """What a cell shows: pictures' titles, in the order in which they came."""

    def __init__(self):
        self.seen, self.made = [], 0

    def display(self, figure, display_id):
        self.made += 1
        self.update(figure)
        return self

    def update(self, figure):
        self.seen.append(figure.get_suptitle())


@pytest.fixture
def output(monkeypatch):
    output = Output()
    monkeypatch.setattr(IPython.display, "display", output.display)
    return output


def history(step):
    return {**HISTORY, "train": [row for row in HISTORY["train"] if row["step"] <= step]}


def test_it_begins_after_a_minute_takes_its_own_place_and_tells_how_long_it_will_take(output):
    now = iter([0.0, 15.0, 75.0, 80.0, 90.0])
    plot = LivePlot(100, clock=lambda: next(now))
    for step in (10, 20, 30, 40):
        plot(history(step))
    assert output.made == 1
    # 10 steps in 75 s leave 80 for 10 minutes; 30 in 90 s leave 60 for 3.
    assert output.seen == ["step 20 of 100, about 10 minutes left", "step 40 of 100, about 3 minutes left"]
    assert pyplot.get_fignums() == []


def test_what_was_done_before_a_run_was_resumed_took_none_of_its_time(output):
    now = iter([0.0, 30.0, 60.0])
    plot = LivePlot(100, clock=lambda: next(now))
    plot(history(40))
    plot(history(50))
    assert output.seen == ["step 50 of 100, about 5 minutes left"]


def test_both_curves_are_drawn():
    loss, error = loss_curves(HISTORY).axes
    assert loss.lines[0].get_xydata().tolist() == [[10.0 * i, 900.0 / i] for i in range(1, 6)]
    assert error.lines[0].get_xydata().tolist() == [[20.0, 9.0], [40.0, 7.5]]
    pyplot.close("all")


@pytest.mark.parametrize(("first", "pictures"), [(60.0, 0), (0.0, 1)])
def test_a_run_draws_when_it_is_long(output, tmp_path, monkeypatch, first, pictures):
    monkeypatch.setattr(live_plot, "FIRST", first)
    write_notes(tmp_path / "notes", synthetic_notes(8))
    notes = NSynth(tmp_path / "notes")
    settings = Settings("ae", "small", epochs=10, batch_size=8)
    train((notes, notes), tmp_path / "run", settings, quiet=True, live=True)
    assert output.made == pictures
