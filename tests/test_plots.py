"""Pictures of sound: what is drawn lies where it should, with its units."""

from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pytest
import torch
from helpers import sine

from nsynthlib import FAMILIES, plots
from nsynthlib.spectral import STFT, LogMel, stft, to_db


@pytest.fixture(autouse=True)
def closed():
    """No window opens, and no figure outlives its test."""
    from matplotlib import pyplot

    mpl.use("Agg")
    yield
    pyplot.close("all")


def tone(hz: float, amplitude: float = 1.0) -> torch.Tensor:
    return torch.from_numpy(sine(hz, amplitude)).float()


def brightest(ax) -> tuple[float, float]:
    """Place of the loudest row at two seconds, in the axes' own units, and its level."""
    image = ax.images[0]
    left, right, bottom, top = image.get_extent()
    column = int((2.0 - left) / (right - left) * image.get_array().shape[1])
    rows = image.get_array()[:, column]
    row = int(rows.argmax())
    return bottom + (row + 0.5) / len(rows) * (top - bottom), float(rows[row])


def place_of(ax, label: str) -> float:
    ticks = {tick.get_text(): place for tick, place in zip(ax.get_yticklabels(), ax.get_yticks(), strict=True)}
    return ticks[label]


@pytest.mark.parametrize("n_fft", [512, 2048])
def test_tone_lies_at_its_frequency(n_fft):
    settings = STFT(n_fft, 256)
    ax = plots.spectrogram(to_db(stft(tone(2000), settings).abs(), settings), settings, title="A tone")
    place, level = brightest(ax)
    assert place == pytest.approx(place_of(ax, "2"), abs=0.5)
    assert level == pytest.approx(0, abs=0.1)
    assert (ax.get_title(), ax.get_xlabel(), ax.get_ylabel()) == ("A tone", "Time (s)", "Frequency (kHz)")
    assert [other.get_ylabel() for other in ax.figure.axes if other is not ax] == ["Level (dB)"]


@pytest.mark.parametrize("settings", [LogMel(), LogMel(n_mels=128, mel_scale="htk")], ids=["slaney", "htk"])
@pytest.mark.parametrize("hz", [250, 1000, 4000])
def test_tone_lies_at_its_mel_band(hz, settings):
    ax = plots.spectrogram(settings(tone(hz)), settings)
    assert brightest(ax)[0] == pytest.approx(place_of(ax, str(hz)), abs=1)
    assert ax.get_ylabel() == "Frequency (Hz, mel scale)"


def test_colours_stand_for_the_same_levels_everywhere():
    """A soft tone looks soft: the scale is fixed, and the map is one that grows evenly lighter."""
    settings = STFT(1024, 256)
    ax = plots.spectrogram(to_db(stft(tone(1000, 0.01), settings).abs(), settings), settings)
    assert ax.images[0].get_clim() == (-80, 0)
    assert brightest(ax)[1] == pytest.approx(-40, abs=0.2)
    lightness = mpl.colormaps[plots.COLOUR_MAP](np.linspace(0, 1, 64))[:, :3] @ (0.2126, 0.7152, 0.0722)
    assert (np.diff(lightness) > 0).all()


def test_wrong_shape_is_named():
    with pytest.raises(ValueError, match="513 rows, but it has 256"):
        plots.spectrogram(np.zeros((256, 10)), STFT(1024, 256))
    with pytest.raises(ValueError, match="2 dimensions"):
        plots.spectrogram(np.zeros(5), STFT(1024, 256))


def test_waveform_keeps_its_scale():
    """A soft sound looks soft; a part of it may be enlarged."""
    ax = plots.waveform(tone(100, 0.1), title="Soft")
    assert ax.get_ylim() == (-1, 1)
    assert ax.get_xlim() == pytest.approx((0, 4), abs=1e-3)
    assert ax.get_ylabel() == "Amplitude (full scale = 1)"
    part = plots.waveform(tone(100, 0.1), span=(1.0, 1.02))
    assert len(part.lines[0].get_xdata()) == pytest.approx(320, abs=1)


def test_spectrum_shows_level_and_frequency():
    ax = plots.spectrum(tone(1000, 0.5) + tone(3000, 0.05), label="two tones")
    frequency, level = ax.lines[0].get_data()
    assert frequency[level.argmax()] == pytest.approx(1000, abs=0.5)
    assert level.max() == pytest.approx(-6.02, abs=0.05)
    assert level[np.abs(frequency - 3000).argmin()] == pytest.approx(-26.02, abs=0.05)
    assert ax.get_legend() is not None


def test_draws_on_given_axes():
    from matplotlib import pyplot

    figure, (above, below) = pyplot.subplots(2)
    assert plots.waveform(tone(100), ax=above) is above
    assert plots.spectrum(tone(100), ax=below) is below
    assert figure.axes == [above, below]


def test_a_mel_spectrogram_is_coloured_down_to_its_own_floor():
    settings = LogMel(n_mels=128, floor_db=-100.0)
    ax = plots.spectrogram(settings(tone(1000, 1e-4)), settings)
    assert ax.images[0].get_clim() == (-100, 0)
    assert -90 < brightest(ax)[1] < -70  # below the floor of an STFT's spectrogram, and drawn


def test_spectrograms_stand_side_by_side_on_one_scale():
    settings = LogMel(n_mels=128)
    tones = {f"{hz} Hz": settings(tone(hz)) for hz in (250, 500, 1000, 4000)}
    figure = plots.spectrograms(tones, settings, columns=3)
    shown = [ax for ax in figure.axes if ax.images and ax.get_title()]
    assert [ax.get_title() for ax in shown] == list(tones)
    assert {ax.images[0].get_clim() for ax in shown} == {(settings.floor_db, 0)}
    assert [brightest(ax)[0] for ax in shown] == pytest.approx(
        settings.bands(np.array([250, 500, 1000, 4000])).tolist(), abs=1
    )
    assert len(plots.spectrograms({"one": tones["250 Hz"]}, settings).axes) == 2  # a panel and the scale
    for hz in (500, 1000, 4000):
        assert place_of(shown[0], str(hz)) == pytest.approx(settings.bands(np.array([hz]))[0])
    figure.canvas.draw()
    labels = [label.get_window_extent() for label in shown[0].get_yticklabels()]
    assert all(upper.y0 > lower.y1 for lower, upper in pairwise(labels)), "labels lie over each other"


def test_training_curves_show_what_was_found():
    rows = [{"step": 5, "rmse_db": 9.0, "kl": 1.0}, {"step": 10, "rmse_db": 7.0, "kl": 3.0}]
    error, kl = plots.training_curves(rows).axes
    assert error.lines[0].get_xydata().tolist() == [[5, 9], [10, 7]]
    assert kl.lines[0].get_xydata().tolist() == [[5, 1], [10, 3]]
    assert len(plots.training_curves([{"step": 5, "rmse_db": 9.0}]).axes) == 1  # an autoencoder has no KL


def test_principal_plane_is_that_of_the_singular_vectors():
    vectors = np.random.default_rng(0).standard_normal((40, 6)) * (5, 0.1, 3, 0.1, 0.1, 0.1) + 2
    points, share = plots.principal_plane(torch.from_numpy(vectors))
    u, size, directions = np.linalg.svd(vectors - vectors.mean(0), full_matrices=False)
    sign = np.sign([row[np.abs(row).argmax()] for row in directions[:2]])  # the largest entry becomes positive
    np.testing.assert_allclose(points, (u * size)[:, :2] * sign, atol=1e-9)
    assert share == pytest.approx((size**2 / (size**2).sum())[:2])
    again, _ = plots.principal_plane(-vectors)
    assert again == pytest.approx(-points)  # whatever the sign that the algorithm happens to find


def test_each_family_has_a_shape_and_colour_of_its_own():
    looks = {(plots.FAMILY_MARKERS[family], plots.FAMILY_COLOURS[family]) for family in FAMILIES}
    assert len(looks) == len(set(plots.FAMILY_MARKERS.values())) == len(FAMILIES)
    points = np.arange(22.0).reshape(11, 2)
    ax = plots.latent_map(points, FAMILIES)
    drawn = {c.get_label(): c.get_offsets().tolist() for c in ax.collections}
    assert drawn == {f.replace("_", " "): [point] for f, point in zip(FAMILIES, points.tolist(), strict=True)}
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(drawn)
