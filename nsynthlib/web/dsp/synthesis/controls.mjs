/** What every note has, as in `nsynthlib/synthesis/controls.py`: time, level and envelope. */
import constants from "../../../constants.json" with { type: "json" };

export const RATE = constants.sample_rate;
export const SAMPLES = constants.note_samples;
export const CEILING = constants.synthesis.ceiling_hz; // no partial is asked for above it

/** Decibels as an amplitude ratio. */
export const toGain = (db) => 10 ** (db / 20);

/** How many multiples of `f0` stay below the ceiling. */
export const countPartials = (f0) => Math.max(1, Math.floor(CEILING / f0));

/** Amplitude in [0, 1] of an ADSR at every sample; straight lines in decibels after a smooth rise. */
export function envelope({ attack, decay, sustain, release }) {
  const held = constants.held_seconds;
  return Float64Array.from({ length: SAMPLES }, (_, n) => {
    const time = n / RATE;
    const rise = Math.sin((Math.min(1, time / Math.max(attack, 1e-9)) * Math.PI) / 2) ** 2;
    const fall = Math.max(sustain, (Math.max(0, time - attack) * -60) / Math.max(decay, 1e-9));
    return rise * toGain(fall - (Math.max(0, time - held) * 60) / release);
  });
}
