"""Notes from formulas, in six ways: what each is called, what it takes and in which units.

=============  =====================================  ==============================
way            function                               instrument
=============  =====================================  ==============================
additive       :func:`additive`, :func:`wavetable`    :class:`Additive`, :class:`Modal`
subtractive    :func:`subtractive`                    :class:`Subtractive`
FM             :func:`fm`                             :class:`FM`
granular       :func:`granular`                       :class:`Granular`
physical       :func:`plucked`                        :class:`Plucked`
spectral       :func:`analyse`, :func:`shaped_noise`  :class:`Spectral`
=============  =====================================  ==============================

A function makes a tone for four seconds; an instrument, a :class:`Timbre`, adds envelope, velocity and level when
:func:`synthesise` plays a note on it.
"""

from nsynthlib.synthesis.additive import additive, partials_below_nyquist, wavetable
from nsynthlib.synthesis.controls import ADSR, HELD, LFO, cycles, timeline, to_gain
from nsynthlib.synthesis.fm import Operator, fm
from nsynthlib.synthesis.granular import granular
from nsynthlib.synthesis.plucked import plucked
from nsynthlib.synthesis.spectral_model import SpectralModel, analyse, shaped_noise
from nsynthlib.synthesis.subtractive import filter_response, subtractive, waveform
from nsynthlib.synthesis.timbre import FM, Additive, Granular, Modal, Plucked, Spectral, Subtractive, Timbre, synthesise

__all__ = [
    "ADSR",
    "FM",
    "HELD",
    "LFO",
    "Additive",
    "Granular",
    "Modal",
    "Operator",
    "Plucked",
    "Spectral",
    "SpectralModel",
    "Subtractive",
    "Timbre",
    "additive",
    "analyse",
    "cycles",
    "filter_response",
    "fm",
    "granular",
    "partials_below_nyquist",
    "plucked",
    "shaped_noise",
    "subtractive",
    "synthesise",
    "timeline",
    "to_gain",
    "waveform",
    "wavetable",
]
