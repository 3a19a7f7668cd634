"""A latent space of two dimensions: a place decoded in the page is torch's, and it is what sounds."""

import io
import wave

import numpy as np
import pytest
import torch
from explorer_pages import served_pages
from hand import violations
from helpers import RATE
from torch import nn

from nsynthlib.audio import midi_to_hz
from nsynthlib.data import pocket
from nsynthlib.synthesis import partial_levels, play_levels
from nsynthlib.synthesis.partial_levels import FLOOR_DB, MOMENTS, PARTIALS, PLAYED_HZ
from nsynthlib.widgets import toy_map

CELLS = PARTIALS * len(MOMENTS)


def level_of(sound: np.ndarray, hertz: float, moment: float) -> float:
    """Decibels of a sine in a sound, by correlation with both its phases under a window of 60 ms about a moment."""
    time = np.arange(len(sound)) / RATE
    window = np.where(np.abs(time - moment) < 0.03, 1 + np.cos(2 * np.pi * (time - moment) / 0.06), 0)
    turn = np.exp(-2j * np.pi * hertz * time)
    return 20 * np.log10(2 * np.abs((window * sound * turn).sum()) / window.sum() + 1e-12)


def smooth_levels() -> torch.Tensor:
    """Twelve partials that die away, each from lower and faster than the one below."""
    k = torch.arange(PARTIALS)[:, None]
    return (-2.0 * k - 3 * (1 + k / 4) * torch.tensor(MOMENTS)).clamp_min(FLOOR_DB)


@pytest.mark.parametrize("pitch", [40, 60, 76])
def test_levels_of_a_note_are_those_it_was_made_of(pitch):
    """Within 0.5 dB of the decay's own, where its partials stand still enough for a window of 128 ms."""
    time = torch.arange(4 * RATE) / RATE
    k = torch.arange(1, PARTIALS + 1)[:, None]
    made = (-3.0 * (k - 1) - 4 * time) / 20
    note = (10**made * torch.sin(2 * torch.pi * float(midi_to_hz(pitch)) * k * time)).sum(0) / 10
    levels = partial_levels(note, pitch)
    expected = -3.0 * (k - 1) - 4 * (torch.tensor(MOMENTS) - MOMENTS[4])
    late = slice(4, None)  # the whole window lies in the note
    assert (levels - levels[:1, 4:5] - expected)[:, late].abs().max() < 1.5
    assert levels.max() == 0


def test_a_pitch_without_twelve_partials_is_refused():
    with pytest.raises(ValueError, match="pitch is 77; it must be from 0 to 76"):
        partial_levels(torch.zeros(64_000), 77)


def test_levels_sound_as_they_say():
    levels = smooth_levels()
    sound = play_levels(levels).numpy()
    assert len(sound) == 56_000
    for k in (0, 3, 11):
        for at in (4, 6, 8, 10):
            heard = level_of(sound, PLAYED_HZ * (k + 1), MOMENTS[at]) - 20 * np.log10(0.08)
            silent = 10 ** (FLOOR_DB / 20)
            assert heard == pytest.approx(20 * np.log10(10 ** (levels[k, at].item() / 20) - silent), abs=0.3)


def test_nothing_clips_and_the_floor_is_silent():
    assert play_levels(torch.zeros(PARTIALS, len(MOMENTS))).abs().max() < 1
    assert play_levels(torch.full((PARTIALS, len(MOMENTS)), -99.0)).abs().max() == 0


@pytest.fixture(scope="module")
def decoder() -> nn.Sequential:
    """From a place to levels between the floor and full scale."""
    torch.manual_seed(0)
    made = nn.Sequential(nn.Linear(2, 16), nn.SiLU(), nn.Linear(16, 16), nn.SiLU(), nn.Linear(16, CELLS))
    with torch.no_grad():
        made[-1].weight.mul_(30)
        made[-1].bias.copy_(smooth_levels().flatten())
    return made


MEAN = torch.tensor([[-1.0, 0.5], [1.2, 0.0], [0.3, -1.7]])
LOG_VAR = torch.tensor([[-3.0, -2.0], [-2.0, -4.0], [-3.0, -3.0]])
EMPTY = torch.zeros(10, 10, dtype=torch.bool)
EMPTY[9, 9] = True  # the upper right


def notes():
    return [pocket()[i] for i in (0, 20, 40)]


def made(decoder):
    return toy_map(decoder, MEAN, LOG_VAR, notes(), EMPTY, anchors=(0, 1))


def levels_at(decoder, x: float, y: float) -> torch.Tensor:
    with torch.no_grad():
        return decoder(torch.tensor([[x, y]]))[0].view(PARTIALS, -1)


def test_what_does_not_fit_is_refused(decoder):
    with pytest.raises(ValueError, match="decoder from 2 to 5 is not offered"):
        toy_map(nn.Sequential(nn.Linear(2, 5)), MEAN, LOG_VAR, notes(), EMPTY)
    wrong = nn.Sequential(nn.Linear(2, 5), nn.ReLU(), nn.Linear(5, CELLS))
    with pytest.raises(ValueError, match="decoder is Linear, ReLU, Linear"):
        toy_map(wrong, MEAN, LOG_VAR, notes(), EMPTY)
    with pytest.raises(ValueError, match="3 notes need mean and log_var"):
        toy_map(decoder, MEAN[:2], LOG_VAR[:2], notes(), EMPTY)
    with pytest.raises(ValueError, match="anchor 3 is not offered; choose one from 0 to 2"):
        toy_map(decoder, MEAN, LOG_VAR, notes(), EMPTY, anchors=(0, 3))
    with pytest.raises(ValueError, match="square of cells"):
        toy_map(decoder, MEAN, LOG_VAR, notes(), EMPTY[:4])


@pytest.fixture(scope="module")
def page(tmp_path_factory, visit, decoder):
    with served_pages(tmp_path_factory.mktemp("toy"), {"toy": lambda: made(decoder)}) as address:
        window = visit()
        window.page.goto(f"{address}/toy.html")
        window.page.wait_for_selector(".nn-toy-cross")
        yield window


def place(window) -> tuple[float, float]:
    data = window.page.locator(".nn-toy").evaluate("(el) => [el.dataset.x, el.dataset.y]")
    return float(data[0]), float(data[1])


def heard(window) -> np.ndarray:
    """The samples that the player holds."""
    data = window.page.locator(".nn-toy audio").evaluate(
        "async (audio) => [...new Uint8Array(await (await fetch(audio.src)).arrayBuffer())]"
    )
    with wave.open(io.BytesIO(bytes(data))) as file:
        assert (file.getnchannels(), file.getframerate()) == (1, RATE)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768


def check_place(window, decoder, x: float, y: float) -> None:
    """The page is at a place, and plays what torch makes of it: to half a step of 16 bits and float32's rounding."""
    assert place(window) == pytest.approx((x, y), abs=1e-6)
    expected = play_levels(levels_at(decoder, *place(window))).numpy()
    assert np.abs(expected).max() > 0.05
    assert np.abs(heard(window) - expected).max() < 1e-4
    assert f"at ({x:.2f}, {y:.2f})".replace("-", "−") in window.page.locator(".nn-toy-picture svg").get_attribute(
        "aria-label"
    )


def test_it_begins_at_the_first_anchor(page, decoder):
    check_place(page, decoder, *MEAN[0].tolist())


def test_the_place_that_is_decoded_is_the_one_that_sounds(page, decoder):
    """By arrow keys, and by a click anywhere."""
    plane = page.page.locator(".nn-plane")
    plane.focus()
    page.page.keyboard.press("ArrowRight")
    check_place(page, decoder, -0.9, 0.5)
    page.page.keyboard.press("Shift+ArrowDown")
    check_place(page, decoder, -0.9, -0.5)
    box = plane.locator("svg").bounding_box()
    plane.click(position={"x": 0.75 * box["width"], "y": 0.25 * box["height"]})
    x, y = place(page)
    assert (x, y) == pytest.approx((1.5, 1.5), abs=0.05)
    check_place(page, decoder, x, y)


def test_another_place_has_another_sound(page, decoder):
    page.page.locator(".nn-plane").focus()
    before, old = heard(page), place(page)
    page.page.keyboard.press("Shift+ArrowLeft")
    assert place(page)[0] < old[0]
    assert np.abs(heard(page) - before).max() > 0.01


def test_a_drawn_epsilon_is_of_the_chosen_notes_posterior(page, decoder):
    """200 draws have its mean and its deviation within four standard errors."""
    page.page.get_by_label("Note", exact=True).select_option("1")
    check_place(page, decoder, *MEAN[1].tolist())
    ring = page.page.locator(".nn-toy-cloud").first
    deviation = (LOG_VAR[1] / 2).exp().numpy()
    assert [float(ring.get_attribute(name)) for name in ("rx", "ry")] == pytest.approx(deviation.tolist(), rel=1e-6)
    draw = page.page.get_by_role("button", name="Draw ε again")
    draw.click()
    check_place(page, decoder, *place(page))
    draws = page.page.evaluate(
        """async () => {
          const el = document.querySelector(".nn-toy"), found = [];
          const button = [...el.querySelectorAll("button")].find((one) => one.textContent.startsWith("Draw"));
          for (let i = 0; i < 200; i++) { button.click(); found.push([Number(el.dataset.x), Number(el.dataset.y)]); }
          return found;
        }"""
    )
    off = (np.array(draws) - MEAN[1].numpy()) / deviation
    assert np.abs(off.mean(0)).max() < 4 / 200**0.5
    assert np.abs(off.std(0) - 1).max() < 4 / 400**0.5


def test_the_slider_leads_from_one_anchor_to_the_other(page, decoder):
    slider = page.page.get_by_label("From A to B")
    slider.fill("0.25")
    check_place(page, decoder, *(MEAN[0] + 0.25 * (MEAN[1] - MEAN[0])).tolist())
    page.page.get_by_label("Note", exact=True).select_option("2")
    page.page.get_by_role("button", name="Put B here").click()
    assert slider.input_value() == "1"
    slider.fill("0.5")
    check_place(page, decoder, *((MEAN[0] + MEAN[2]) / 2).tolist())


def test_what_the_judge_finds_empty_is_said(page):
    plane = page.page.locator(".nn-plane")
    box = plane.locator("svg").bounding_box()
    says = page.page.locator(".nn-toy .nn-map-status")
    plane.click(position={"x": 0.97 * box["width"], "y": 0.03 * box["height"]})
    assert "no real note is like it" in says.inner_text()
    plane.click(position={"x": 0.5 * box["width"], "y": 0.5 * box["height"]})
    assert "like a real note" in says.inner_text()


def test_it_works_by_touch_on_a_narrow_screen(page, decoder):
    page.page.set_viewport_size({"width": 390, "height": 800})
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 390
    plane = page.page.locator(".nn-plane")
    box = plane.locator("svg").bounding_box()
    x, y = box["x"] + 0.25 * box["width"], box["y"] + 0.5 * box["height"]
    plane.evaluate(
        """(el, [clientX, clientY]) => {
          const told = { pointerId: 1, pointerType: "touch", isPrimary: true, bubbles: true, clientX, clientY };
          el.setPointerCapture = () => {};
          for (const kind of ["pointerdown", "pointerup"]) el.dispatchEvent(new PointerEvent(kind, told));
        }""",
        [x, y],
    )
    assert place(page) == pytest.approx((-1.5, 0.0), abs=0.05)
    check_place(page, decoder, *place(page))


def test_it_is_accessible_and_complains_of_nothing(page):
    assert violations(page.page) == []
    assert page.complaints == []
