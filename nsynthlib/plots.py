"""Still pictures of sound: the spectrogram, the waveform and the spectrum, with their units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nsynthlib.spectral import FLOOR_DB, SAMPLE_RATE, STFT, LogMel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

COLOUR_MAP = "viridis"  # even steps to the eye, to a colour-blind eye and on a grey printer
LINE = "#31688e"  # a colour of that map
MEL_TICKS = (100, 250, 500, 1000, 2000, 4000, 8000)


def _array(values: ArrayLike, dimensions: int, what: str) -> np.ndarray:
    """``values`` (a tensor too) as an array of ``dimensions`` dimensions; raises ValueError for any other shape."""
    array = np.asarray(values)
    if array.ndim != dimensions:
        raise ValueError(f"{what} must have {dimensions} dimension{'s' * (dimensions > 1)}, not shape {array.shape}")
    return array


def _new_axes(ax: Axes | None, size: tuple[float, float]) -> Axes:
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
        db: decibels ``[bins, frames]`` or, for ``LogMel`` settings, ``[n_mels, frames]``, in [-80, 0].
        settings: what made the picture; it gives the frequency axis, linear or mel.
        ax: axes to draw on; a new figure without.
        title: a line above.
        span: part of the time to show, in seconds; all of it without.
        sample_rate: of the sound, in hertz.
        colour_bar: whether to draw the scale of decibels.

    Raises:
        ValueError: if ``db`` does not have the rows that ``settings`` makes.
    """
    picture = _array(db, 2, "a spectrogram")
    rows = settings.n_mels if isinstance(settings, LogMel) else settings.bins
    if picture.shape[0] != rows:
        raise ValueError(f"these settings make {rows} rows, but the picture has {picture.shape[0]}")
    ax = _new_axes(ax, (7.0, 3.2))
    hop = settings.hop_length / sample_rate
    # Each cell is centred on its own moment and its own row.
    extent = (-hop / 2, (picture.shape[1] - 0.5) * hop, -0.5, rows - 0.5)
    image = ax.imshow(
        picture,
        COLOUR_MAP,
        aspect="auto",
        origin="lower",
        extent=extent,
        vmin=FLOOR_DB,
        vmax=0,
        interpolation="nearest",
    )
    ax.set_xlim(span or (0.0, extent[1]))
    ax.set_xlabel("Time (s)")
    if isinstance(settings, LogMel):
        ticks = [hz for hz in MEL_TICKS if hz <= sample_rate / 2]
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
    ax = _new_axes(ax, (7.0, 2.2))
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
    ax = _new_axes(ax, (7.0, 2.6))
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
