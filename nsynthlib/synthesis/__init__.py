"""Notes from formulas, in six ways: what each is called, what it takes and in which units.

===========  ========================================  =================================
way          function                                  instrument
===========  ========================================  =================================
additive     :func:`additive_tone`, :func:`wavetable`  :class:`Additive`, :class:`Modal`
subtractive  :func:`subtractive_tone`                  :class:`Subtractive`
FM           :func:`fm_tone`                           :class:`FM`
granular     :func:`granular_tone`                     :class:`Granular`
physical     :func:`plucked_tone`                      :class:`Plucked`
spectral     :func:`analyse`, :func:`shaped_noise`     :class:`Spectral`
===========  ========================================  =================================

Beside lone notes there are a voice, drums and a piece of music: :func:`formant_speech`, :func:`drum_loop` and
:func:`phrase`.
:func:`morph` leads from one note to another, partial by partial.

A function makes a tone for four seconds; an instrument, a :class:`Timbre`, adds envelope, velocity and level when
:func:`synthesise` plays a note on it.
"""

from nsynthlib.synthesis.additive import additive_tone, partials_below_nyquist, wavetable
from nsynthlib.synthesis.controls import ADSR, LFO, cycles, timeline, to_gain
from nsynthlib.synthesis.drums import drum_loop
from nsynthlib.synthesis.families import FAMILY_TIMBRES, sample_timbre
from nsynthlib.synthesis.fm import Operator, fm_tone
from nsynthlib.synthesis.granular import granular_tone
from nsynthlib.synthesis.instruments import synthetic_notes
from nsynthlib.synthesis.morphing import Morph, morph
from nsynthlib.synthesis.partial_levels import partial_levels, play_levels
from nsynthlib.synthesis.phrase import PHRASE, PhraseNote, phrase
from nsynthlib.synthesis.plucked import plucked_tone
from nsynthlib.synthesis.spectral_model import SpectralModel, analyse, shaped_noise
from nsynthlib.synthesis.speech import VOWELS, formant_speech
from nsynthlib.synthesis.subtractive import filter_response, subtractive_tone, waveform
from nsynthlib.synthesis.timbre import FM, Additive, Granular, Modal, Plucked, Spectral, Subtractive, Timbre, synthesise

__all__ = [
    "ADSR",
    "FAMILY_TIMBRES",
    "FM",
    "LFO",
    "PHRASE",
    "VOWELS",
    "Additive",
    "Granular",
    "Modal",
    "Morph",
    "Operator",
    "PhraseNote",
    "Plucked",
    "Spectral",
    "SpectralModel",
    "Subtractive",
    "Timbre",
    "additive_tone",
    "analyse",
    "cycles",
    "drum_loop",
    "filter_response",
    "fm_tone",
    "formant_speech",
    "granular_tone",
    "morph",
    "partial_levels",
    "partials_below_nyquist",
    "phrase",
    "play_levels",
    "plucked_tone",
    "sample_timbre",
    "shaped_noise",
    "subtractive_tone",
    "synthesise",
    "synthetic_notes",
    "timeline",
    "to_gain",
    "waveform",
    "wavetable",
]
