"""The pad of the CVAE's explorer: a family's own two directions, ends that are named truly, and hands that move it."""

import librosa
import numpy as np
import pytest
import torch
from explorer_pages import served_pages
from hand import Hand, changes, violations
from helpers import RATE, SMALL, rms

from nsynthlib import CVAE, FAMILIES
from nsynthlib.audio.pitch import midi_to_hz
from nsynthlib.errors import UsageError
from nsynthlib.generation import generate, sample_z
from nsynthlib.generation.descriptors import DESCRIPTORS, describe
from nsynthlib.generation.pad import REACH, pad_of
from nsynthlib.spectral.log_mel import LogMel
from nsynthlib.widgets import cvae_explorer

C4 = midi_to_hz(60)


@pytest.fixture(scope="module")
def pads(model):
    return {family: pad_of(model, family) for family in FAMILIES}


# --- directions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", ["organ", "string"])
def test_directions_are_those_in_which_draws_vary_most(model, pads, family):
    """Against numpy's PCA of 4000 samples, whose own error is about 2 % of a deviation."""
    drawn = np.stack([sample_z(model, 60, family, seed).numpy() for seed in range(4000)])
    pad = pads[family]
    variances = np.linalg.eigvalsh(np.cov(drawn.T))[::-1]
    assert pad.middle.numpy() == pytest.approx(drawn.mean(0), abs=0.1)
    assert len(pad.directions) == 4
    for direction, variance in zip(pad.directions.double().numpy(), variances, strict=False):
        length = np.linalg.norm(direction)
        assert length**2 == pytest.approx(variance, rel=0.08)
        assert (drawn @ direction / length).var() == pytest.approx(variance, rel=0.08)
    assert (pad.directions @ pad.directions.mT).triu(1).abs().max() < 1e-3


def test_places_lie_where_the_directions_lead(pads):
    middle, (right, up, third, fourth), _ = pads["flute"]
    torch.testing.assert_close(pads["flute"].at(0, 0), middle)
    torch.testing.assert_close(pads["flute"].at(-1.5, 2), middle - 1.5 * right + 2 * up)
    torch.testing.assert_close(pads["flute"].at(0, 0, 1, -0.5), middle + third - 0.5 * fourth)


def test_a_model_without_a_prior_moves_along_its_most_active_dimensions():
    plain = CVAE(**SMALL).eval()
    plain.get_buffer("activity")[:] = torch.tensor([0.0, 3, 1, 0, 2, 0.5])
    pad = pad_of(plain, "reed")
    assert not pad.middle.any()
    assert pad.directions.abs().equal(torch.eye(6)[[1, 4, 2, 5]])


def test_what_has_no_pad_is_refused(model):
    with pytest.raises(UsageError, match="at least 2 latent dimensions, not 1"):
        pad_of(CVAE(**(SMALL | {"latent_dim": 1})), "organ")
    with pytest.raises(UsageError, match="the pad of a CVAE needs a trained CVAE, not 'cvae'"):
        pad_of("cvae", "organ")
    with pytest.raises(UsageError, match="family"):
        pad_of(model, "gong")


# --- names -----------------------------------------------------------------------------------------------------------


def tone(slope=1.0, fall=3.0, rise=0.01, even=1.0, level=0.1) -> torch.Tensor:
    """C4, as a LogMel sees it: partials fall as k^-slope, the level by e in ``fall`` seconds after ``rise``."""
    time = np.arange(64_000) / RATE
    sound = sum((1 if k % 2 else even) * k**-slope * np.sin(2 * np.pi * k * C4 * time + k * k) for k in range(1, 25))
    envelope = np.minimum(1, time / rise) * np.exp(-time / fall)
    return LogMel()(torch.from_numpy(level * envelope * sound).float())


MORE = {
    "brighter": {"slope": 0.6},
    "longer": {"fall": 6.0},
    "harder attack": {"rise": 0.001},
    "fuller": {"even": 2.0},
    "louder": {"level": 0.2},
}


def test_every_descriptor_is_tried():
    assert [descriptor.more for descriptor in DESCRIPTORS] == list(MORE)


@pytest.mark.parametrize("more", MORE)
def test_a_descriptor_grows_with_what_it_is_named_after(more):
    """Tones that differ in one setting of how they are made; silence gives numbers too."""
    i = list(MORE).index(more)
    base = {"rise": 0.2} if more == "harder attack" else {}
    less, greater = (describe(tone(**how)[None], LogMel(), 60)[0] for how in (base, base | MORE[more]))
    assert greater[i] - less[i] > (0.1 if more in ("brighter", "longer") else 2)
    if more == "louder":
        assert greater[i] - less[i] == pytest.approx(20 * np.log10(2), abs=0.1)
        assert (greater - less)[:i].abs().max() < 0.1
    assert describe(torch.full((2, *LogMel().shape), -100.0), LogMel(), 60).isfinite().all()


def band_levels(sound: np.ndarray, multiples: np.ndarray) -> float:
    """Power within 20 Hz of multiples of C4, in dB, by a DFT of the whole note."""
    power, hz = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2, np.fft.rfftfreq(len(sound), 1 / RATE)
    return 10 * np.log10(sum(power[np.abs(hz - k * C4) < 20].sum() for k in multiples))


def times(sound: np.ndarray) -> np.ndarray:
    return librosa.feature.rms(y=sound, frame_length=1024, hop_length=256)[0]


HEARD = {  # of a sound, by librosa and numpy
    "brighter": lambda y: np.average(librosa.feature.spectral_centroid(y=y, sr=RATE)[0], weights=times(y)[::2][:126]),
    "longer": lambda y: np.average(np.arange(len(times(y))), weights=times(y)),
    "harder attack": lambda y: np.mean(times(y)[:7]) / times(y).max(),
    "fuller": lambda y: band_levels(y, np.arange(2, 9, 2)) - band_levels(y, np.arange(3, 9, 2)),
    "louder": rms,
}


@pytest.mark.parametrize("family", FAMILIES)
def test_ends_are_named_by_what_is_heard_there(model, pads, family):
    """The notes at both ends, with the breath they are played with, measured by others than the library."""
    pad = pads[family]
    assert len(set(pad.ends)) == 4
    for i, names in enumerate(pad.ends):
        end = np.eye(4)[i] * REACH
        assert names in [(descriptor.less, descriptor.more) for descriptor in DESCRIPTORS]
        place = {"pitch": 60, "family": family, "velocity": 100}
        high, low = (generate(model, z=pad.at(*(s * e for e in end)), **place).numpy() for s in (1, -1))
        assert HEARD[names[1]](high) > HEARD[names[1]](low), names


# --- in a page -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    makers = {"cvae": cvae_explorer, "light": lambda: cvae_explorer(controls=("family", "pitch"), stored=True)}
    with served_pages(tmp_path_factory.mktemp("pages"), makers) as address:
        yield address


@pytest.fixture(scope="module")
def hand(address, visit) -> Hand:
    return Hand(visit(), f"{address}/cvae.html", patience=60_000)  # milliseconds: the first picture loads the model


def sliders(page) -> list:
    return page.locator(".nn-pad-area").get_by_role("slider").all()


def told(page) -> list[str]:
    return [slider.get_attribute("aria-valuetext") for slider in sliders(page)]


def point(page, right: float, up: float) -> tuple[float, float]:
    """Where a part of the pad's width and height lies on the screen."""
    area = page.locator(".nn-pad-area")
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    return box["x"] + right * box["width"], box["y"] + (1 - up) * box["height"]


def test_there_are_three_sliders_and_a_pad(hand):
    assert hand.page.locator(".nn-controls [role=slider]").count() == 3
    assert len(sliders(hand.page)) == 2


def test_the_ends_are_the_familys(hand, pads):
    """Seen as words, and said as the sliders' names."""
    for family in ("reed", "organ"):
        hand.by_mouse("Family", FAMILIES.index(family))
        assert changes(*hand.settled()) == ({0}, {"Sound"})
        (left, right), (bottom, top) = pads[family].ends[:2]
        assert hand.page.locator(".nn-pad-end").all_inner_texts() == [left, right, bottom, top]
        names = [slider.get_attribute("aria-label") for slider in sliders(hand.page)]
        assert names == [f"{left} to {right}, left to right", f"{bottom} to {top}, bottom to top"]


def test_a_mouse_drags_the_place(hand, pads):
    page = hand.page
    (_, right), (bottom, _) = pads["organ"].ends[:2]
    page.mouse.move(*point(page, 0.5, 0.5))
    page.mouse.down()
    page.mouse.move(*point(page, 0.75, 0.25), steps=4)
    page.mouse.up()
    assert changes(*hand.settled()) == ({0}, {"Sound"})
    assert told(page) == [f"1.0 towards {right}", f"1.0 towards {bottom}"]
    assert f"1.0 towards {right} and 1.0 towards {bottom} on the pad" in hand.now["says"]
    page.mouse.move(*point(page, 0.2, 0.9))
    assert told(page)[0] == f"1.0 towards {right}"  # let go
    page.mouse.move(*point(page, 0.9, 0.9))
    page.mouse.down()
    page.mouse.move(*point(page, 1.5, 0.9))  # beyond the edge
    page.mouse.up()
    hand.settled()
    assert told(page)[0] == f"2.0 towards {right}"


def test_keys_move_both_ways_and_home(hand, pads):
    page = hand.page
    (left, _), (_, top) = pads["organ"].ends[:2]
    sliders(page)[0].focus()
    page.keyboard.press("Home")
    assert told(page) == ["middle", "middle"]
    hand.settled()
    for key, expected in [
        ("ArrowLeft", [f"0.1 towards {left}", "middle"]),
        ("ArrowUp", [f"0.1 towards {left}", f"0.1 towards {top}"]),
        ("ArrowUp", [f"0.1 towards {left}", f"0.2 towards {top}"]),
        ("ArrowDown", [f"0.1 towards {left}", f"0.1 towards {top}"]),
        ("ArrowRight", ["middle", f"0.1 towards {top}"]),
    ]:
        page.keyboard.press(key)
        assert told(page) == expected
        moved = 0 if key in ("ArrowLeft", "ArrowRight") else 1
        assert sliders(page)[moved].evaluate("(slider) => slider === document.activeElement")
        assert [slider.get_attribute("tabindex") for slider in sliders(page)] == [["0", "-1"], ["-1", "0"]][moved]
    page.keyboard.press("Home")
    hand.settled()
    assert "the pad's middle" in hand.now["says"]


def test_a_screen_readers_sliders_move_it(hand):
    """Assistive technology sets a slider's value without keys or a pointer."""
    sliders(hand.page)[1].fill("-1.5")
    assert changes(*hand.settled()) == ({0}, {"Sound"})
    assert told(hand.page)[1].startswith("1.5 towards ")
    sliders(hand.page)[1].fill("0")
    hand.settled()


def test_axe_finds_nothing(hand):
    assert violations(hand.page) == []
    assert hand.window.complaints == []


def test_a_pad_whose_answers_came_with_the_page_has_names(address, visit, pads):
    hand = Hand(visit(), f"{address}/light.html")
    names = [name for pair in pads["organ"].ends[:2] for name in pair]
    assert hand.page.locator(".nn-pad-end").all_inner_texts() == names
    assert not any(".onnx" in url for url in hand.window.requests)


def test_a_finger_moves_it_and_scrolls_the_page_beside_it(chromium, address, pads):
    context = chromium.new_context(viewport={"width": 390, "height": 700}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"{address}/cvae.html")
    view = page.locator(".nn-view[data-state=ready]")
    view.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for part in page.locator(".nn-pad-area, .nn-pad-end, .nn-pad-thumb").all():
        box = part.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    assert page.locator(".nn-pad-area").bounding_box()["height"] < 200
    client = context.new_cdp_session(page)

    def drag(start: tuple[float, float], end: tuple[float, float]) -> None:
        def touch(kind: str, *place: float) -> None:
            points = [{"x": place[0], "y": place[1]}] if place else []
            client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        touch("touchStart", *start)
        for part in (0.25, 0.5, 0.75, 1):
            touch("touchMove", *(a + part * (b - a) for a, b in zip(start, end, strict=True)))
        touch("touchEnd")

    start = point(page, 0.5, 0.9)
    before = page.evaluate("scrollY")
    drag(start, point(page, 0.25, 0.25))
    (left, _), (bottom, _) = pads["organ"].ends[:2]
    assert told(page) == [f"1.0 towards {left}", f"1.0 towards {bottom}"]
    assert page.evaluate("scrollY") == before
    x, y = point(page, 0.5, 0)
    drag((x, y + 150), (x, y + 20))  # on the picture
    page.wait_for_function(f"scrollY > {before} + 20")
    context.close()
