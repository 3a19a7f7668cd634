/** A reader's own sound as the models know notes, as the package does it where it reads a file (`read_own_sound`). */
import constants from "../../constants.json" with { type: "json" };

const { onset: ONSET, late_seconds: LATE, fade_seconds: FADE } = constants.own_sound;

/** A smooth rise from 0 to 1. */
const riseOf = (length) => Float64Array.from({ length }, (_, n) => 0.5 - 0.5 * Math.cos((Math.PI * (n + 0.5)) / length));

/** Samples (Int16Array) from just before the sound begins on, where that comes late. */
function fromOnset(samples, rate) {
  const peak = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const begin = samples.findIndex((value) => Math.abs(value) > ONSET * peak);
  if (begin <= LATE * rate) return samples;
  const rise = riseOf(Math.round(FADE * rate));
  const begun = samples.slice(begin - rise.length);
  rise.forEach((part, n) => (begun[n] = Math.round(begun[n] * part)));
  return begun;
}

/** The sound cut or filled with silence to a note's length; where it ends early it fades, so that nothing clicks. */
export function asNote(samples, rate) {
  const begun = fromOnset(samples, rate);
  const note = new Int16Array(constants.note_samples);
  const kept = begun.subarray(0, note.length);
  note.set(kept);
  if (samples.length === note.length && kept.length === note.length) return note;
  const rise = riseOf(Math.round(FADE * rate));
  rise.forEach((part, n) => (note[kept.length - 1 - n] = Math.round(note[kept.length - 1 - n] * part)));
  return note;
}
