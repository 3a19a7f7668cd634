/** A plucked string, as in `nsynthlib/synthesis/plucked.py`, here sample by sample. */
import { RATE, SAMPLES } from "./controls.mjs";

/** The product of two polynomials, or one filter after another. */
function convolve(a, b) {
  const out = new Float64Array(a.length + b.length - 1);
  a.forEach((x, i) => b.forEach((y, j) => (out[i + j] += x * y)));
  return out;
}

/** Denominator of the all-pass filter whose delay in samples is flattest; the numerator is the same, backwards. */
function thiran(delay, order) {
  let binomial = 1;
  return Float64Array.from({ length: order + 1 }, (_, k) => {
    let product = k % 2 ? -binomial : binomial;
    for (let n = 0; n <= order; n++) product *= (delay - order + n) / (delay - order + k + n);
    binomial = (binomial * (order - k)) / (k + 1);
    return product;
  });
}

/** Angle of a filter's response at `angle` radians a sample. */
function phaseAt(taps, angle) {
  let [re, im] = [0, 0];
  taps.forEach((tap, k) => {
    re += tap * Math.cos(angle * k);
    im -= tap * Math.sin(angle * k);
  });
  return Math.atan2(im, re);
}

/** One trip around the string: a delay of whole samples, then a filter's numerator and denominator. */
function stringLoop(f0, decay, highDecay) {
  const period = RATE / f0 - 1;
  const order = Math.min(6, Math.round(period));
  const whole = Math.round(period) - order;
  const angle = (2 * Math.PI * f0) / RATE;
  let setting = period - whole;
  let denominator;
  for (let turn = 0; turn < 8; turn++) {
    denominator = thiran(setting, order);
    setting += period - whole - (order + (2 * phaseAt(denominator, angle)) / angle);
  }
  const [low, high] = [decay, highDecay].map((seconds) => 10 ** (-3 / (f0 * seconds)));
  const loss = [(low - high) / 4, (low + high) / 2, (low - high) / 4];
  return { whole, numerator: convolve(loss, denominator.toReversed()), denominator };
}

/** One period of noise with an even spectrum, minus itself as the nearer end reflects it. */
function pluck(f0, position, random) {
  const period = Math.max(3, Math.round(RATE / f0));
  const turns = Float64Array.from({ length: Math.floor(period / 2) + 1 }, random);
  const burst = new Float64Array(period);
  for (let k = 1; k < turns.length; k++) {
    const weight = 2 * k === period ? 1 : 2; // every frequency but the highest stands for its mirror image too
    for (let n = 0; n < period; n++) burst[n] += weight * Math.cos(2 * Math.PI * ((k * n) / period + turns[k]));
  }
  const norm = Math.sqrt(burst.reduce((sum, x) => sum + x * x, 0));
  const reflected = new Float64Array(Math.max(1, Math.round((position * RATE) / f0)) + 1);
  reflected[0] = 1;
  reflected[reflected.length - 1] = -1;
  return convolve(burst.map((x) => (x * Math.sqrt(period)) / norm), reflected);
}

/** One-pole low-pass filter, in place. */
function soften(sound, cutoff) {
  const keep = Math.exp((-2 * Math.PI * cutoff) / RATE);
  for (let n = 0, y = 0; n < sound.length; n++) sound[n] = y = (1 - keep) * sound[n] + keep * y;
}

/** The string of `f0` hertz, left to ring. */
export function plucked(f0, decay, highDecay, position, cutoff, random) {
  const { whole, numerator, denominator } = stringLoop(f0, decay, highDecay);
  const struck = new Float64Array(SAMPLES);
  struck.set(pluck(f0, position, random));
  soften(struck, cutoff);
  soften(struck, cutoff);
  const out = new Float64Array(SAMPLES);
  for (let n = 0; n < SAMPLES; n++) {
    let y = struck[n];
    for (let k = 1; k < denominator.length && k <= n; k++) y += denominator[k] * (struck[n - k] - out[n - k]);
    for (let j = 0; j < numerator.length && whole + j <= n; j++) y += numerator[j] * out[n - whole - j];
    out[n] = y;
  }
  return out;
}
