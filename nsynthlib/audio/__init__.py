"""One sound: its rate and length, its levels, its bytes and its pitch."""

from nsynthlib.audio.encoding import check_audio, check_rate, data_url, encode_mp3, encode_wav, from_pcm16, to_pcm16
from nsynthlib.audio.format import HELD_SECONDS, SAMPLE_RATE, SAMPLES
from nsynthlib.audio.levels import dbfs, limit_peak, peak_and_rms
from nsynthlib.audio.pitch import estimate_pitch, hz_to_midi, midi_to_hz, note_to_midi

__all__ = [
    "HELD_SECONDS",
    "SAMPLES",
    "SAMPLE_RATE",
    "check_audio",
    "check_rate",
    "data_url",
    "dbfs",
    "encode_mp3",
    "encode_wav",
    "estimate_pitch",
    "from_pcm16",
    "hz_to_midi",
    "limit_peak",
    "midi_to_hz",
    "note_to_midi",
    "peak_and_rms",
    "to_pcm16",
]
