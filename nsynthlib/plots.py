"""Still pictures of sound: the spectrogram, the waveform and the spectrum, with their units."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.colours import COLOUR_MAP
from nsynthlib.constants import CONSTANTS
from nsynthlib.data import FAMILIES
from nsynthlib.spectral import FLOOR_DB, STFT, LogMel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

LINE = "#31688e"  # a colour of that map
MEL_TICKS_HZ: tuple[int, ...] = tuple(CONSTANTS["mel_ticks_hz"])
# A family is told by its shape and by its colour, of those that colour-blind eyes keep apart (Okabe and Ito 2008).
FAMILY_MARKERS = dict(zip(FAMILIES, ("o", "s", "^", "v", "D", "P", "X", "<", ">", "*", "p"), strict=True))
_COLOUR_BLIND_SAFE = ("blue", "vermillion", "green", "pink", "orange", "sky", "black")
FAMILY_COLOURS = {
    family: CONSTANTS["colours"][_COLOUR_BLIND_SAFE[i % len(_COLOUR_BLIND_SAFE)]] for i, family in enumerate(FAMILIES)
}


def _array(values: ArrayLike, dimensions: int, what: str) -> np.ndarray:
    """``values`` (a tensor too) as an array of ``dimensions`` dimensions; raises ValueError for any other shape."""
    array = np.asarray(values)
    if array.ndim != dimensions:
        raise ValueError(f"{what} must have {dimensions} dimension{'s' * (dimensions > 1)}, not shape {array.shape}")
    return array


def new_axes(ax: Axes | None, size: tuple[float, float]) -> Axes:
    """``ax``, or the axes of a new figure of ``size`` inches."""
    if ax is not None:
        return ax
    from matplotlib import pyplot

    return pyplot.subplots(figsize=size, dpi=144, layout="constrained")[1]


def spectrogram(
    db: ArrayLike,
    settings: STFT | LogMel,
    ax: Axes | None = None,
    *,
    title: str | None = None,
    span: tuple[float, float] | None = None,
    sample_rate: int = SAMPLE_RATE,
    colour_bar: bool = True,
) -> Axes:
    """Draw a spectrogram.

    Args:
        db: decibels ``[bins, frames]`` in [-80, 0] or, for ``LogMel`` settings, ``[n_mels, frames]`` in
            [floor_db, 0].
        settings: what made it; it gives the frequency axis, linear or mel.
        ax: axes to draw on; a new figure without.
        title: a line above.
        span: part of the time to show, in seconds; all of it without.
        sample_rate: of the sound, in hertz.
        colour_bar: whether to draw the scale of decibels.

    Raises:
        ValueError: if ``db`` does not have the rows that ``settings`` makes.
    """
    values = _array(db, 2, "a spectrogram")
    rows = settings.n_mels if isinstance(settings, LogMel) else settings.bins
    if values.shape[0] != rows:
        raise ValueError(f"these settings make {rows} rows, but it has {values.shape[0]}")
    ax = new_axes(ax, (7.0, 3.2))
    hop = settings.hop_length / sample_rate
    # Each cell is centred on its own moment and its own row.
    extent = (-hop / 2, (values.shape[1] - 0.5) * hop, -0.5, rows - 0.5)
    image = ax.imshow(
        values,
        COLOUR_MAP,
        aspect="auto",
        origin="lower",
        extent=extent,
        vmin=settings.floor_db if isinstance(settings, LogMel) else FLOOR_DB,
        vmax=0,
        interpolation="nearest",
    )
    ax.set_xlim(span or (0.0, extent[1]))
    ax.set_xlabel("Time (s)")
    if isinstance(settings, LogMel):
        inches = ax.get_window_extent().height / ax.figure.dpi
        lowest = MEL_TICKS_HZ[0] if inches > 2 else 500  # in a low panel the labels below would overlap
        ticks = [hz for hz in MEL_TICKS_HZ if lowest <= hz <= sample_rate / 2]
        ax.set_yticks(np.minimum(settings.bands(np.array(ticks)), rows - 0.5), [str(hz) for hz in ticks])
        ax.set_ylim(extent[2:])
        ax.set_ylabel("Frequency (Hz, mel scale)")
    else:
        khz = np.arange(0, sample_rate / 2000 + 0.1, 1 if sample_rate <= 16_000 else 4)
        ax.set_yticks(khz * 1000 * settings.n_fft / sample_rate, [f"{k:.0f}" for k in khz])
        ax.set_ylim(extent[2:])
        ax.set_ylabel("Frequency (kHz)")
    if title:
        ax.set_title(title)
    if colour_bar:
        ax.figure.colorbar(image, ax=ax, label="Level (dB)", pad=0.02)
    return ax


def waveform(
    audio: ArrayLike,
    sample_rate: int = SAMPLE_RATE,
    ax: Axes | None = None,
    *,
    title: str | None = None,
    span: tuple[float, float] | None = None,
) -> Axes:
    """Draw a sound over time.

    Args:
        audio: ``[samples]`` in [-1, 1]; the scale is not adapted to it, so that loudness can be seen.
        sample_rate: in hertz.
        ax: axes to draw on; a new figure without.
        title: a line above.
        span: part of the time to show, in seconds; all of it without. The scale of a part adapts to the part.
    """
    sound = _array(audio, 1, "audio")
    time = np.arange(len(sound)) / sample_rate
    if span:
        shown = (time >= span[0]) & (time <= span[1])
        time, sound = time[shown], sound[shown]
    ax = new_axes(ax, (7.0, 2.2))
    ax.plot(time, sound, color=LINE, linewidth=0.8)
    ax.set_xlim(span or (0.0, time[-1] if len(time) else 1.0))
    if not span:
        ax.set_ylim(-1, 1)
    ax.set_xlabel("Time (s)")
    ax.set_ylabel("Amplitude (full scale = 1)")
    if title:
        ax.set_title(title)
    return ax


def spectrum(
    audio: ArrayLike,
    sample_rate: int = SAMPLE_RATE,
    ax: Axes | None = None,
    *,
    title: str | None = None,
    span: tuple[float, float] | None = None,
    label: str | None = None,
) -> Axes:
    """Draw the levels of a sound's frequencies, by one Fourier transform under a Hann window.

    Args:
        audio: ``[samples]`` in [-1, 1]. A full-scale sine reaches 0 dB.
        sample_rate: in hertz.
        ax: axes to draw on; a new figure without.
        title: a line above.
        span: part of the frequencies to show, in hertz; up to half the sample rate without.
        label: a name for a legend.
    """
    from scipy import signal

    sound = _array(audio, 1, "audio")
    window = signal.get_window("hann", len(sound))
    magnitude = np.abs(np.fft.rfft(sound * window)) / (window.sum() / 2)
    db = 20 * np.log10(np.maximum(magnitude, 10 ** (FLOOR_DB / 20)))
    ax = new_axes(ax, (7.0, 2.6))
    ax.plot(np.fft.rfftfreq(len(sound), 1 / sample_rate), db, color=None if label else LINE, linewidth=0.8, label=label)
    ax.set_xlim(span or (0.0, sample_rate / 2))
    ax.set_ylim(FLOOR_DB, 3)
    ax.set_xlabel("Frequency (Hz)")
    ax.set_ylabel("Level (dB)")
    if title:
        ax.set_title(title)
    if label:
        ax.legend()
    return ax


def spectrograms(
    panels: Mapping[str, ArrayLike], settings: STFT | LogMel, *, columns: int = 3, height: float = 2.4
) -> Figure:
    """Draw several spectrograms side by side on the same axes, one scale of decibels for all.

    Args:
        panels: by their titles, each as :func:`spectrogram` takes it.
        settings: what made them.
        columns: how many stand in a row.
        height: of a row, in inches.
    """
    from matplotlib import pyplot

    columns = min(columns, len(panels))
    rows = math.ceil(len(panels) / columns)
    figure, grid = pyplot.subplots(
        rows,
        columns,
        figsize=(9, height * rows),
        dpi=144,
        sharex=True,
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for ax, (title, db) in zip(grid.flat, panels.items(), strict=False):
        spectrogram(db, settings, ax, title=title, colour_bar=False)
        ax.set(xlabel="", ylabel="")
    for ax in grid.flat[len(panels) :]:
        ax.axis("off")
    figure.colorbar(grid.flat[0].images[0], ax=grid, label="Level (dB)", pad=0.01)
    figure.supxlabel("Time (s)", fontsize="medium")
    figure.supylabel(
        "Frequency (Hz, mel scale)" if isinstance(settings, LogMel) else "Frequency (kHz)", fontsize="medium"
    )
    return figure


def training_curves(validation: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw what a training run's validations found: the error in decibels and, for a variational model, the KL.

    Args:
        validation: rows with ``step``, ``rmse_db`` and perhaps ``kl``, as ``history.json`` and ``training.json`` hold.
    """
    from matplotlib import pyplot

    wanted = [("rmse_db", "validation error (dB)", "o-"), ("kl", "KL divergence (nats)", "s--")]
    shown = [(key, label, style) for key, label, style in wanted if all(key in row for row in validation)]
    figure, grid = pyplot.subplots(1, len(shown), figsize=(4 * len(shown), 2.8), squeeze=False, layout="constrained")
    steps = [row["step"] for row in validation]
    for ax, (key, label, style) in zip(grid.flat, shown, strict=True):
        ax.plot(steps, [row[key] for row in validation], style, color=LINE)
        ax.set(xlabel="step", ylabel=label, ylim=(0, None))
    return figure


def loss_curves(history: Mapping[str, Any]) -> Figure:
    """Draw what a run has found so far: the loss of its batches, and the error of its validations.

    Args:
        history: ``train``, rows with ``step`` and ``loss``, and ``validation``, see :func:`training_curves`.
    """
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(8, 2.8), layout="constrained")
    wanted = [("train", "loss", "loss of a batch", "-"), ("validation", "rmse_db", "validation error (dB)", "o-")]
    for ax, (part, key, label, style) in zip(axes, wanted, strict=True):
        rows = history[part]
        ax.plot([row["step"] for row in rows], [row[key] for row in rows], style, color=LINE)
        ax.set(xlabel="step", ylabel=label)
    return figure


def principal_plane(vectors: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Vectors ``[n, size]`` seen along the two directions in which they vary most (principal component analysis).

    Returns the points ``[n, 2]`` and the share of the variance that each direction holds ``[2]``. The sign of a
    direction, which is free, is chosen so that its largest entry is positive.
    """
    from sklearn.decomposition import PCA

    pca = PCA(2, svd_solver="full")
    points = pca.fit_transform(_array(vectors, 2, "vectors"))
    largest = np.abs(pca.components_).argmax(1)
    return points * np.sign(pca.components_[[0, 1], largest]), pca.explained_variance_ratio_


def latent_map(points: ArrayLike, families: Iterable[str], ax: Axes | None = None, *, title: str | None = None) -> Axes:
    """Draw points of a plane, each with its family's shape and colour.

    Args:
        points: ``[n, 2]``, such as :func:`principal_plane` gives.
        families: of each point, names in ``FAMILIES``.
        ax: axes to draw on; a new figure without.
        title: a line above.
    """
    places, names = _array(points, 2, "points"), np.asarray(list(families))
    ax = new_axes(ax, (7.0, 4.6))
    for family in (family for family in FAMILIES if family in names):
        mine = places[names == family]
        ax.scatter(
            mine[:, 0],
            mine[:, 1],
            marker=FAMILY_MARKERS[family],
            color=FAMILY_COLOURS[family],
            edgecolors="white",
            linewidths=0.5,
            s=70,
            label=family.replace("_", " "),
        )
    ax.set(xlabel="first direction", ylabel="second direction")
    ax.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
    if title:
        ax.set_title(title)
    return ax
