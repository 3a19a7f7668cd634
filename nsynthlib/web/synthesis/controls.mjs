/** What every note has, as in `nsynthlib/synthesis/controls.py`: time, envelope and pitch. */

export const RATE = 16000;
export const SAMPLES = 64000;
export const CEILING = 0.98 * 0.5 * RATE; // hertz; no partial is asked for above it

/** Decibels as an amplitude ratio. */
export const toGain = (db) => 10 ** (db / 20);

/** Frequency in hertz of a MIDI pitch. */
export const toHz = (pitch) => 440 * 2 ** ((pitch - 69) / 12);

/** How many multiples of `f0` stay below the ceiling. */
export const countPartials = (f0) => Math.max(1, Math.floor(CEILING / f0));

/** Amplitude in [0, 1] of an ADSR at every sample; straight lines in decibels after a smooth rise. */
export function envelope({ attack, decay, sustain, release }, held = 3) {
  return Float64Array.from({ length: SAMPLES }, (_, n) => {
    const time = n / RATE;
    const rise = Math.sin((Math.min(1, time / Math.max(attack, 1e-9)) * Math.PI) / 2) ** 2;
    const fall = Math.max(sustain, (Math.max(0, time - attack) * -60) / Math.max(decay, 1e-9));
    return rise * toGain(fall - (Math.max(0, time - held) * 60) / release);
  });
}
