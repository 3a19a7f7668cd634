"""Notes from FluidSynth's library, by ctypes: one note at a time, rendered at 48 kHz, kept at 16 kHz."""

from __future__ import annotations

import ctypes
import ctypes.util
from ctypes import c_char_p, c_double, c_float, c_int, c_uint, c_void_p
from functools import cache
from pathlib import Path
from types import TracebackType

import numpy as np

from nsynthlib.audio.decimation import RENDER_RATE, decimate
from nsynthlib.audio.format import HELD_SECONDS, SAMPLE_RATE, SAMPLES
from nsynthlib.errors import DataError, UsageError
from nsynthlib.soundfont.fonts import INSTALL
from nsynthlib.soundfont.tables import read_tables

BLOCK = 64  # samples that FluidSynth renders at once

_HOMEBREW = ("/opt/homebrew/lib/libfluidsynth.dylib", "/usr/local/lib/libfluidsynth.dylib")
_SIGNATURES: dict[str, tuple[type | None, list[type]]] = {
    "new_fluid_settings": (c_void_p, []),
    "delete_fluid_settings": (None, [c_void_p]),
    "fluid_settings_setint": (c_int, [c_void_p, c_char_p, c_int]),
    "fluid_settings_setnum": (c_int, [c_void_p, c_char_p, c_double]),
    "new_fluid_synth": (c_void_p, [c_void_p]),
    "delete_fluid_synth": (None, [c_void_p]),
    "fluid_set_log_function": (c_void_p, [c_int, c_void_p, c_void_p]),
    "fluid_version_str": (c_char_p, []),
    "fluid_synth_sfload": (c_int, [c_void_p, c_char_p, c_int]),
    "fluid_synth_set_interp_method": (c_int, [c_void_p, c_int, c_int]),
    "fluid_synth_set_gain": (None, [c_void_p, c_float]),
    "fluid_synth_program_select": (c_int, [c_void_p, c_int, c_uint, c_uint, c_uint]),
    "fluid_synth_noteon": (c_int, [c_void_p, c_int, c_int, c_int]),
    "fluid_synth_noteoff": (c_int, [c_void_p, c_int, c_int]),
    "fluid_synth_all_sounds_off": (c_int, [c_void_p, c_int]),
    "fluid_synth_write_float": (c_int, [c_void_p, c_int, c_void_p, c_int, c_int, c_void_p, c_int, c_int]),
}


@cache
def library() -> ctypes.CDLL:
    """FluidSynth 2 or later; raises UsageError with how to install it where there is none."""
    for name in filter(None, (ctypes.util.find_library("fluidsynth"), *_HOMEBREW)):
        try:
            found = ctypes.CDLL(name)
            for function, (result, arguments) in _SIGNATURES.items():
                getattr(found, function).restype = result
                getattr(found, function).argtypes = arguments
        except (OSError, AttributeError):
            continue
        for level in range(5):  # its complaints go nowhere: ours are one line
            found.fluid_set_log_function(level, None, None)
        return found
    raise UsageError(f"FluidSynth is not installed. {INSTALL}")


def version() -> str:
    """FluidSynth's own, such as ``2.3.1``."""
    return library().fluid_version_str().decode()


class Synth:
    """One soundfont, loaded and ready; a context manager, since it holds memory outside Python.

    Reverb and chorus are off, interpolation is of 7th order, and levels are never adjusted note by note.

    Args:
        path: the soundfont.
        gain: factor on the sound; FluidSynth's own is 0.2.

    Raises:
        UsageError: if FluidSynth is not installed.
        DataError: if the soundfont is broken.
    """

    def __init__(self, path: Path, gain: float) -> None:
        read_tables(path)  # FluidSynth offers a file it cannot read to further loaders, which complain on their own
        self._library = library()
        self._settings = self._library.new_fluid_settings()
        for name in (b"synth.reverb.active", b"synth.chorus.active", b"synth.lock-memory"):
            self._library.fluid_settings_setint(self._settings, name, 0)
        # Loads a program's samples when it is chosen: an SF3 file takes long to decode as a whole.
        self._library.fluid_settings_setint(self._settings, b"synth.dynamic-sample-loading", 1)
        self._library.fluid_settings_setnum(self._settings, b"synth.sample-rate", RENDER_RATE)
        self._synth = self._library.new_fluid_synth(self._settings)
        self._library.fluid_synth_set_interp_method(self._synth, -1, 7)
        self._font = self._library.fluid_synth_sfload(self._synth, str(path).encode(), 0)
        self._path, self._gain = path, gain
        self._program: int | None = None
        if self._font < 0:
            self.close()
            raise DataError(f"{path}: FluidSynth cannot load it; install the file anew")

    def note(self, program: int, pitch: int, velocity: int) -> np.ndarray:
        """One note, float32 ``[64000]`` at 16 kHz, held for three seconds and released for one.

        ``program``, ``pitch`` and ``velocity`` are 0-127, in bank 0. Both channels are averaged. The same note has
        the same samples whatever was played before. Raises DataError if the soundfont has no such program.
        """
        if program != self._program:
            if self._library.fluid_synth_program_select(self._synth, 0, self._font, 0, program):
                raise DataError(f"{self._path}: has no program {program} in bank 0")
            self._program = program
        for _ in range(2):
            self._reset(pitch, velocity)
        stereo = np.zeros((2, SAMPLES * RENDER_RATE // SAMPLE_RATE), np.float32)
        released = int(HELD_SECONDS * RENDER_RATE)
        self._library.fluid_synth_noteon(self._synth, 0, pitch, velocity)
        self._write(stereo[:, :released])
        self._library.fluid_synth_noteoff(self._synth, 0, pitch)
        self._write(stereo[:, released:])
        self._library.fluid_synth_all_sounds_off(self._synth, 0)
        return decimate(stereo.mean(0))

    def _reset(self, pitch: int, velocity: int) -> None:
        """Bring the voices that this note will use to silence.

        A voice begins at the level it had last, so the first milliseconds of a note would depend on the note before, by
        up to 3 % of full scale. Voices have two states, used in turn: strike the note silently twice, and both rest.
        """
        block = np.zeros((2, BLOCK), np.float32)
        self._library.fluid_synth_set_gain(self._synth, 0.0)
        self._library.fluid_synth_noteon(self._synth, 0, pitch, velocity)
        self._write(block)
        self._library.fluid_synth_all_sounds_off(self._synth, 0)
        self._write(block)
        self._library.fluid_synth_set_gain(self._synth, self._gain)

    def _write(self, out: np.ndarray) -> None:
        left, right = (row.ctypes.data for row in out)
        self._library.fluid_synth_write_float(self._synth, out.shape[1], left, 0, 1, right, 0, 1)

    def close(self) -> None:
        """Free FluidSynth's memory; closing twice is harmless."""
        if self._synth:
            self._library.delete_fluid_synth(self._synth)
            self._library.delete_fluid_settings(self._settings)
            self._synth = None

    def __enter__(self) -> Synth:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
