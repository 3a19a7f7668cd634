/** A carrier and a modulator, as in `nsynthlib/synthesis/fm.py`. */
import FFT from "fft.js";
import constants from "../../../constants.json" with { type: "json" };
import { CEILING, RATE, SAMPLES } from "./controls.mjs";

const NEGLIGIBLE = constants.synthesis.side_band_limit; // what all side bands that would fold back may add up to
const SIZE = 131072; // of the transform that takes away what would fold back; twice a note and a little

/** Bessel functions J_1 ... J_count of `x`: the mean of cos(n t - x sin t) over a turn, by points enough. */
function bessel(count, x) {
  const points = 2 * count + 64;
  return Float64Array.from({ length: count }, (_, i) => {
    let sum = 0;
    for (let p = 0; p < points; p++) {
      const t = (2 * Math.PI * p) / points;
      sum += Math.cos((i + 1) * t - x * Math.sin(t));
    }
    return sum / points;
  });
}

/** How many side bands on one side matter at an index in radians. */
function sideBands(index) {
  let left = 0;
  let count = 0;
  for (const level of bessel(Math.floor(index) + 39, index).map(Math.abs).reverse()) {
    left += level;
    count += left > NEGLIGIBLE;
  }
  return count;
}

/** The factor of oversampling, and the index turned down as far as it must be for nothing to fold back. */
function fit(f0, ratio, index) {
  const highest = (scale) => f0 * (1 + (index > 0 ? sideBands(index * scale) * ratio : 0));
  let scale = 1;
  while (highest(scale) >= 1.5 * RATE) scale *= 0.9;
  return { factor: highest(scale) < 0.5 * RATE ? 1 : 2, fitting: index * scale };
}

/** Tables of the two transforms, made when first needed. */
let transforms = null;

/** A sound at 32 kHz as one at 16 kHz, without what lies above the ceiling. */
function decimate(sound) {
  const whole = new Float64Array(SIZE);
  whole.set(sound);
  transforms ??= { large: new FFT(SIZE), small: new FFT(SIZE / 2) };
  const { large, small } = transforms;
  const spectrum = new Float64Array(2 * SIZE);
  large.realTransform(spectrum, whole);
  const kept = new Float64Array(SIZE);
  kept.set(spectrum.subarray(0, 2 * Math.floor((CEILING * SIZE) / 2 / RATE)));
  small.completeSpectrum(kept);
  const back = new Float64Array(SIZE);
  small.inverseTransform(back, kept);
  return Float64Array.from({ length: SAMPLES }, (_, n) => back[2 * n] / 2);
}

/** A sine at `f0` whose phase another, at `ratio` times that, moves by `index` radians times `level[n]`. */
export function fm(f0, ratio, index, level) {
  const { factor, fitting } = fit(f0, ratio, index);
  const step = (2 * Math.PI * f0) / (factor * RATE);
  const sound = new Float64Array(factor * SAMPLES);
  for (let n = 0; n < sound.length; n++) {
    const place = Math.max(0, (n + 0.5) / factor - 0.5);
    const at = Math.floor(place);
    const here = level[at];
    const strength = here + (place - at) * ((level[at + 1] ?? here) - here);
    sound[n] = Math.sin(step * n + fitting * strength * Math.sin(ratio * step * n));
  }
  return factor === 1 ? sound : decimate(sound);
}
