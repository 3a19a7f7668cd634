/** Sums of sines, as in `nsynthlib/synthesis/additive.py` and `subtractive.py`. */
import constants from "../../../constants.json" with { type: "json" };
import { RATE, SAMPLES, countPartials, toGain } from "./controls.mjs";

/** The part of a period at which the first partial begins; the second begins at twice that, and so on. */
const TURN = (Math.sqrt(5) - 1) / 2;

/**
 * Adds to `out` a sine whose complex amplitude goes in straight lines between breakpoints spread over the sound: the
 * imaginary part of (re + i im) e^{i angle}. The angle grows by a rotation a sample.
 */
function addPartial(out, hertz, re, im, turns = 0) {
  const step = (2 * Math.PI * hertz) / RATE;
  const [cos, sin] = [Math.cos(step), Math.sin(step)];
  const pieces = Math.max(1, re.length - 1);
  for (let piece = 0; piece < pieces; piece++) {
    const first = Math.ceil((piece * out.length) / pieces);
    const end = Math.ceil(((piece + 1) * out.length) / pieces);
    const next = Math.min(piece + 1, re.length - 1);
    const length = out.length / pieces;
    const [riseRe, riseIm] = [(re[next] - re[piece]) / length, (im[next] - im[piece]) / length];
    const late = first - (piece * out.length) / pieces;
    let [a, b] = [re[piece] + late * riseRe, im[piece] + late * riseIm];
    let [x, y] = [Math.cos(step * first + 2 * Math.PI * turns), Math.sin(step * first + 2 * Math.PI * turns)];
    for (let n = first; n < end; n++) {
      out[n] += a * y + b * x;
      const turned = x * cos - y * sin;
      y = x * sin + y * cos;
      x = turned;
      a += riseRe;
      b += riseIm;
    }
  }
}

/** Partials at `frequencies`, of the levels in dB `levels[k]` at breakpoints, each begun at a moment of its own. */
export function sumPartials(frequencies, levels, samples = SAMPLES) {
  const out = new Float64Array(samples);
  frequencies.forEach((hertz, i) => {
    const amplitude = Float64Array.from(levels[i], toGain);
    addPartial(out, hertz, amplitude, new Float64Array(amplitude.length), ((i + 1) * TURN) % 1);
  });
  return out;
}

const fourier = {
  saw: (k) => 2 / (Math.PI * k),
  square: (k) => ((k % 2) * 4) / (Math.PI * k),
  triangle: (k) => ((k % 2) * Math.sin((k * Math.PI) / 2) * 8) / (Math.PI * k) ** 2,
  pulse: (k) => (4 / (Math.PI * k)) * Math.sin(Math.PI * k * constants.synthesis.pulse_width),
};

/** A wave through a resonant low-pass filter whose cutoff in hertz moves between breakpoints. */
export function filtered(f0, wave, cutoffs, resonance) {
  const out = new Float64Array(SAMPLES);
  const damping = toGain(-resonance);
  const count = countPartials(f0);
  const [re, im] = [new Float64Array(cutoffs.length), new Float64Array(cutoffs.length)];
  for (let k = 1; k <= count; k++) {
    const amplitude = fourier[wave](k);
    if (Math.abs(amplitude) < 1e-12) continue;
    cutoffs.forEach((cutoff, i) => {
      const s = (k * f0) / cutoff;
      const [real, imaginary] = [1 - s * s, s * damping]; // the response is 1 / (real + i imaginary)
      const scale = amplitude / (real * real + imaginary * imaginary);
      re[i] = real * scale;
      im[i] = -imaginary * scale;
    });
    addPartial(out, k * f0, re, im);
  }
  return out;
}
