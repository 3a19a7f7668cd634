"""The live explorer: a spectrogram of what the microphone hears, as it hears it, and a tuner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import traitlets

from nsynthlib.audio.encoding import check_rate, data_url
from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.constants import CONSTANTS
from nsynthlib.data.sound import Sound, read_sound
from nsynthlib.spectral import WINDOWS
from nsynthlib.widgets.base import LONGEST_SECONDS, ExplorerWidget
from nsynthlib.widgets.controls import Explorer, choose, places_of, with_unit
from nsynthlib.widgets.modules import WEB, one_file
from nsynthlib.widgets.settings import Choice, setting

FFT_SIZES, HOPS = (tuple(CONSTANTS["choices"][name]) for name in ("n_fft", "hop_length"))
ROWS = (0, *CONSTANTS["choices"]["n_mels"])  # 0 keeps every bin


class LiveWidget(ExplorerWidget):
    """Made by :func:`live_explorer`; all of it happens in the page, ``web/views/live.mjs``, kernel or not."""

    _esm = one_file(WEB / "views/live.mjs")
    _css: Any = "".join((WEB / name).read_text(encoding="utf-8") for name in ("page/explorer.css", "page/live.css"))
    n_fft = setting(Choice(FFT_SIZES))
    hop_length = setting(Choice(HOPS))
    window = setting(Choice(WINDOWS))
    n_mels = setting(Choice(ROWS))
    examples = traitlets.Dict().tag(sync=True)  # name -> a sound as a data URL, where there is no microphone

    def __init__(self, examples: Mapping[str, str], sample_rate: int, **chosen: int) -> None:
        super().__init__(kind="live", examples=dict(examples), sample_rate=sample_rate, **chosen)


class LiveExplorer(Explorer):
    """Made by :func:`live_explorer`.

    >>> live_explorer(n_mels=0).controls["n_mels"].label
    'all bins'
    """

    def __repr__(self) -> str:
        names = ", ".join(self.widget.examples) or "none"
        return f"LiveExplorer(examples: {names}; {self.widget.sample_rate} Hz)"


def live_explorer(
    examples: Mapping[str, Sound] | None = None,
    sample_rate: int = SAMPLE_RATE,
    *,
    n_fft: int = 2048,
    hop_length: int = 256,
    window: str = "hann",
    n_mels: int = 384,
) -> LiveExplorer:
    """A spectrogram that scrolls by while the microphone listens, and the pitch it hears in cents.

    The picture can be frozen; then the controls move what is frozen, and each moment tells its spectrum and its pitch.
    The microphone's sound stays in the page: no kernel gets it.

    Args:
        examples: sounds by their names, to be seen where there is no microphone: ``[samples]`` each in [-1, 1], or
            int16, or notes. The first four seconds of each travel with the widget.
        sample_rate: of the examples and of the analysis, in hertz, 3000 to 768000.
        n_fft, hop_length, window, n_mels: where the controls stand at first; values in ``FFT_SIZES``, ``HOPS``,
            ``WINDOWS`` and ``ROWS``. Rows are mel bands on Slaney's scale; 0 keeps every bin.

    Raises:
        ValueError: for a sound that cannot be played, or a value that the controls do not have.

    >>> live_explorer()
    LiveExplorer(examples: none; 16000 Hz)
    """
    sample_rate = check_rate(sample_rate)
    longest = round(LONGEST_SECONDS * sample_rate)
    sounds = {str(name): data_url(read_sound(a).numpy()[:longest], sample_rate) for name, a in (examples or {}).items()}
    at = places_of(
        dict(n_fft=FFT_SIZES, hop_length=HOPS, window=WINDOWS, n_mels=ROWS),
        dict(n_fft=n_fft, hop_length=hop_length, window=window, n_mels=n_mels),
    )
    rows = [("all bins", 0), *[(f"{n} mel bands", n) for n in ROWS[1:]]]
    controls = {
        "n_fft": choose("FFT size", with_unit(FFT_SIZES, "samples"), at["n_fft"]),
        "hop_length": choose("Hop length", with_unit(HOPS, "samples"), at["hop_length"]),
        "window": choose("Window", WINDOWS, at["window"], slider=False),
        "n_mels": choose("Rows", rows, at["n_mels"], slider=False),
    }
    return LiveExplorer(controls, LiveWidget(sounds, sample_rate, **at))
