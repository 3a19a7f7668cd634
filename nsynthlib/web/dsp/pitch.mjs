/** MIDI pitch, as in `nsynthlib/audio/pitch.py`. */

const NAMES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];

/** Frequency in hertz of a MIDI pitch. */
export const midiToHz = (pitch) => 440 * 2 ** ((pitch - 69) / 12);

/** MIDI pitch, with fraction, of a frequency in hertz; a hundredth is a cent. */
export const hzToMidi = (hz) => 69 + 12 * Math.log2(hz / 440);

/** Name of a whole MIDI pitch, "A4" for 69. */
export const noteName = (pitch) => NAMES[((pitch % 12) + 12) % 12] + (Math.floor(pitch / 12) - 1);

/** A MIDI pitch with its fraction as a tuner tells it: the nearest key, the cents from there, and its frequency. */
export function namePitch(midi) {
  const nearest = Math.round(midi);
  return { name: noteName(nearest), cents: 100 * (midi - nearest), hz: midiToHz(midi) };
}
