/** The phase that a picture lacks: PGHI's guess in one pass, and Griffin and Lim's iteration. */
import constants from "../../constants.json" with { type: "json" };
import { istft, makeSpectrum, stft } from "./stft.mjs";
import { makeWindow } from "./window.mjs";

/** Seeded numbers in [0, 1): a 32-bit Weyl sequence through a mixing function. */
export function makeRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let x = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
    return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** Golden-section search for the maximum of a function with one peak between `low` and `high`. */
function argmax(score, low, high) {
  const ratio = (Math.sqrt(5) - 1) / 2;
  while (high - low > 1e-7) {
    const left = high - ratio * (high - low);
    const right = low + ratio * (high - low);
    if (score(left) > score(right)) high = right;
    else low = left;
  }
  return (low + high) / 2;
}

/**
 * The `c` for which exp(-pi t² / (c L²)) lies nearest in angle to a window of length L (0.2466 for Hann): PGHI is
 * exact for Gaussian windows, and this is any other window's stand-in. (c / 2)^¼ is the Gaussian's norm.
 */
export function gaussianWidth(window) {
  if (!widths.has(window)) widths.set(window, nearestGaussian(window));
  return widths.get(window);
}

const widths = new Map();

function nearestGaussian(window) {
  const taps = makeWindow(window, 1024);
  const likeness = (c) => {
    const product = taps.reduce((sum, tap, i) => sum + tap * Math.exp((-Math.PI * (i / 1024 - 0.5) ** 2) / c), 0);
    return product / (c / 2) ** 0.25;
  };
  return argmax(likeness, 0.01, 4);
}

/** Levels for every factor of e: bins within half a decibel of each other share one. */
const { levels_per_e: LEVELS_PER_E, tolerance: TOLERANCE } = constants.pghi;
const DONE = -1; // in place of a level: too quiet to integrate, or already reached

/** Natural logarithm of the magnitudes, no lower than that of `limit`, and their levels above it. */
function levelsOf(magnitude, limit) {
  const lowest = Math.log(limit);
  const log = new Float64Array(magnitude.length).fill(lowest);
  const level = new Int16Array(magnitude.length).fill(DONE);
  for (let i = 0; i < magnitude.length; i++) {
    if (magnitude[i] <= limit) continue;
    log[i] = Math.log(magnitude[i]);
    level[i] = (log[i] - lowest) * LEVELS_PER_E;
  }
  return { log, level };
}

/** Bins in chains by level: `first[level]` is a chain's first bin and `following[bin]` the next, or -1. */
class Chains {
  constructor(levels, bins) {
    this.first = new Int32Array(levels).fill(-1);
    this.following = new Int32Array(bins);
  }

  push(bin, level) {
    this.following[bin] = this.first[level];
    this.first[level] = bin;
  }

  /** Takes a bin out of the chain of `level`; -1 where it is empty. */
  pop(level) {
    const bin = this.first[level];
    if (bin >= 0) this.first[level] = this.following[bin];
    return bin;
  }
}

/** How far the phase turns from frame to frame and from bin to bin (Průša et al. 2017, equations 21-24). */
function phaseGradient(log, { bins, hop, length, nFft, window }) {
  const frames = log.length / bins;
  const gamma = gaussianWidth(window) * length ** 2;
  const alongTime = new Float64Array(log.length);
  const alongBins = new Float64Array(log.length);
  for (let n = 0, i = 0; n < frames; n++) {
    const after = n + 1 < frames ? bins : 0;
    const before = n > 0 ? bins : 0;
    for (let m = 0; m < bins; m++, i++) {
      const acrossBins = log[m + 1 < bins ? i + 1 : i] - log[m > 0 ? i - 1 : i];
      alongTime[i] = ((hop * nFft) / (2 * gamma)) * acrossBins + (2 * Math.PI * hop * m) / nFft;
      // Each frame's phase is referred to its first sample, hence the half turn from bin to bin.
      alongBins[i] = (-gamma / (2 * hop * nFft)) * (log[i + after] - log[i - before]) - Math.PI;
    }
  }
  return { alongTime, alongBins };
}

/**
 * Phase in radians of `magnitude` by phase-gradient heap integration (Průša et al. 2017, algorithm 1): outwards from
 * the loudest bin with trapezoidal steps. Bins of at most `tolerance` times the maximum get random phase. As in Python,
 * bins wait in chains by level, half a decibel each, instead of a heap.
 */
export function pghi(magnitude, settings, tolerance = TOLERANCE, seed = 0) {
  const { bins } = settings;
  let loudest = 0;
  for (let i = 0; i < magnitude.length; i++) loudest = Math.max(loudest, magnitude[i]);
  const { log, level } = levelsOf(magnitude, Math.max(tolerance * loudest, 1e-30));
  const { alongTime, alongBins } = phaseGradient(log, settings);
  const random = makeRandom(seed);
  const phase = new Float64Array(magnitude.length);
  let top = DONE;
  for (let i = 0; i < phase.length; i++) {
    phase[i] = (2 * random() - 1) * Math.PI;
    top = Math.max(top, level[i]);
  }
  const seeds = new Chains(top + 1, level.length);
  for (let i = level.length - 1; i >= 0; i--) if (level[i] !== DONE) seeds.push(i, level[i]);
  const waiting = new Chains(top + 1, level.length);
  let at = DONE;
  const reach = (bin, angle) => {
    phase[bin] = angle;
    waiting.push(bin, level[bin]);
    at = Math.max(at, level[bin]);
    level[bin] = DONE;
  };
  const step = (from, to, gradient, sign) => {
    if (level[to] !== DONE) reach(to, phase[from] + (sign * (gradient[from] + gradient[to])) / 2);
  };
  for (let start = top; start >= 0; start--) {
    for (let bin = seeds.pop(start); bin >= 0; bin = seeds.pop(start)) {
      if (level[bin] === DONE) continue;
      reach(bin, 0);
      while (at >= 0) {
        const i = waiting.pop(at);
        if (i < 0) {
          at--;
          continue;
        }
        const m = i % bins;
        if (i + bins < phase.length) step(i, i + bins, alongTime, 1);
        if (i >= bins) step(i, i - bins, alongTime, -1);
        if (m + 1 < bins) step(i, i + 1, alongBins, 1);
        if (m > 0) step(i, i - 1, alongBins, -1);
      }
    }
  }
  return phase;
}

/** One step of the iteration: `estimate` gets `magnitude` and the direction of `rebuilt - pull * previous`. */
function project(magnitude, rebuilt, previous, pull, estimate) {
  const [{ re: newRe, im: newIm }, { re: oldRe, im: oldIm }, { re: outRe, im: outIm }] = [rebuilt, previous, estimate];
  for (let i = 0; i < magnitude.length; i++) {
    const re = newRe[i] - pull * oldRe[i];
    const im = newIm[i] - pull * oldIm[i];
    const scale = magnitude[i] / Math.max(Math.sqrt(re * re + im * im), 1e-38);
    outRe[i] = re * scale;
    outIm[i] = im * scale;
  }
}

/**
 * Audio (`samples` long) whose STFT magnitude approaches `magnitude` (Griffin and Lim 1984), with the momentum of
 * Perraudin, Balazs and Søndergaard (2013). Starts at `phase` (radians), or at zeros.
 *
 * `onStep(done, of)` is awaited after each iteration, so that a long job can report and let others in; if it
 * answers `false` the job ends and the result is `null`.
 */
export async function griffinLim(magnitude, settings, samples, options = {}) {
  const { iterations = 32, momentum = 0.99, phase = null, onStep = null } = options;
  const frames = magnitude.length / settings.bins;
  const estimate = makeSpectrum(frames, settings);
  for (let i = 0; i < magnitude.length; i++) {
    if (magnitude[i] === 0) continue; // whole bands of a quiet picture
    estimate.re[i] = magnitude[i] * (phase ? Math.cos(phase[i]) : 1);
    estimate.im[i] = magnitude[i] * (phase ? Math.sin(phase[i]) : 0);
  }
  let rebuilt = makeSpectrum(frames, settings);
  let previous = makeSpectrum(frames, settings);
  for (let done = 1; done <= iterations; done++) {
    stft(istft(estimate, settings, samples), settings, rebuilt);
    project(magnitude, rebuilt, previous, momentum / (1 + momentum), estimate);
    [rebuilt, previous] = [previous, rebuilt];
    if (onStep && (await onStep(done, iterations)) === false) return null;
  }
  return istft(estimate, settings, samples);
}

/** Audio of a magnitude without phase: PGHI's guess, then `iterations` steps of Griffin and Lim. */
export function magnitudeToAudio(magnitude, settings, samples, options = {}) {
  return griffinLim(magnitude, settings, samples, { iterations: 16, ...options, phase: pghi(magnitude, settings) });
}
