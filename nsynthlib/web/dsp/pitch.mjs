/** MIDI pitch, as in `nsynthlib/pitch.py`. */

/** Frequency in hertz of a MIDI pitch. */
export const midiToHz = (pitch) => 440 * 2 ** ((pitch - 69) / 12);
