/** The phase that a picture lacks: PGHI's guess in one pass, and Griffin and Lim's iteration. */
import { abs, istft, makeSpectrum, makeWindow, stft } from "./stft.mjs";

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
  const taps = makeWindow(window, 1024);
  const likeness = (c) => {
    const product = taps.reduce((sum, tap, i) => sum + tap * Math.exp((-Math.PI * (i / 1024 - 0.5) ** 2) / c), 0);
    return product / (c / 2) ** 0.25;
  };
  return argmax(likeness, 0.01, 4);
}

/**
 * Indices of `magnitude`, loudest first. Sorting plain numbers is many times faster than sorting by a comparing
 * function, so each index hides in the low half of its magnitude's 64 bits; positive floats sort as their bits do.
 */
function loudestFirst(magnitude) {
  const keys = Float64Array.from(magnitude);
  const words = new Uint32Array(keys.buffer);
  const low = new Uint8Array(new Uint32Array([1]).buffer)[0] ? 0 : 1;
  for (let i = 0; i < magnitude.length; i++) words[2 * i + low] = i;
  keys.sort();
  const order = new Uint32Array(magnitude.length);
  for (let i = 0; i < order.length; i++) order[i] = words[2 * (order.length - 1 - i) + low];
  return order;
}

/** A binary heap of indices with the loudest of `magnitude` on top. */
class Heap {
  constructor(magnitude) {
    this.key = magnitude;
    this.items = new Uint32Array(magnitude.length);
    this.size = 0;
  }

  push(item) {
    const { items, key } = this;
    let at = this.size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (key[items[parent]] >= key[item]) break;
      items[at] = items[parent];
      at = parent;
    }
    items[at] = item;
  }

  pop() {
    const { items, key } = this;
    const top = items[0];
    const item = items[--this.size];
    for (let at = 0; ; ) {
      let child = 2 * at + 1;
      if (child + 1 < this.size && key[items[child + 1]] > key[items[child]]) child++;
      if (child >= this.size || key[items[child]] <= key[item]) {
        items[at] = item;
        return top;
      }
      items[at] = items[child];
      at = child;
    }
  }
}

/** How far the phase turns from frame to frame and from bin to bin (Průša et al. 2017, equations 21-24). */
function phaseGradient(magnitude, settings, limit) {
  const { bins, hop, nFft } = settings;
  const frames = magnitude.length / bins;
  const gamma = gaussianWidth(settings.window) * nFft ** 2;
  const log = magnitude.map((value) => Math.log(Math.max(value, limit, 1e-300)));
  const alongTime = new Float64Array(magnitude.length);
  const alongBins = new Float64Array(magnitude.length);
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
 * the loudest bin with trapezoidal steps. Bins below `tolerance` times the maximum get random phase.
 */
export function pghi(magnitude, settings, tolerance = 1e-6, seed = 0) {
  const { bins } = settings;
  const limit = tolerance * magnitude.reduce((a, b) => Math.max(a, b), 0);
  const { alongTime, alongBins } = phaseGradient(magnitude, settings, limit);
  const random = makeRandom(seed);
  const phase = new Float64Array(magnitude.length);
  const waiting = new Uint8Array(magnitude.length);
  const heap = new Heap(magnitude);
  for (let i = 0; i < phase.length; i++) {
    waiting[i] = magnitude[i] > limit ? 1 : 0;
    phase[i] = (2 * random() - 1) * Math.PI;
  }
  const step = (from, to, gradient, sign) => {
    if (!waiting[to]) return;
    waiting[to] = 0;
    phase[to] = phase[from] + (sign * (gradient[from] + gradient[to])) / 2;
    heap.push(to);
  };
  for (const start of loudestFirst(magnitude)) {
    if (magnitude[start] <= limit) break;
    if (!waiting[start]) continue;
    waiting[start] = 0;
    phase[start] = 0;
    heap.push(start);
    while (heap.size) {
      const i = heap.pop();
      const m = i % bins;
      if (i + bins < phase.length) step(i, i + bins, alongTime, 1);
      if (i >= bins) step(i, i - bins, alongTime, -1);
      if (m + 1 < bins) step(i, i + 1, alongBins, 1);
      if (m > 0) step(i, i - 1, alongBins, -1);
    }
  }
  return phase;
}

/** One step of the iteration: `estimate` gets `magnitude` and the direction of `rebuilt - pull * previous`. */
function project(magnitude, rebuilt, previous, pull, estimate) {
  for (let i = 0; i < magnitude.length; i++) {
    const re = rebuilt.re[i] - pull * previous.re[i];
    const im = rebuilt.im[i] - pull * previous.im[i];
    const scale = magnitude[i] / Math.max(Math.sqrt(re * re + im * im), 1e-38);
    estimate.re[i] = re * scale;
    estimate.im[i] = im * scale;
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

/** Decibels: RMS over bins, mean over frames, both sounds clipped 80 dB below the reference's maximum. */
export function logSpectralDistance(reference, other, settings) {
  const a = abs(stft(reference, settings));
  const b = abs(stft(other, settings));
  const floor = 1e-4 * a.reduce((top, value) => Math.max(top, value), 1e-12);
  const frames = a.length / settings.bins;
  let total = 0;
  for (let n = 0; n < frames; n++) {
    let sum = 0;
    for (let i = n * settings.bins; i < (n + 1) * settings.bins; i++) {
      sum += (20 * Math.log10(Math.max(a[i], floor) / Math.max(b[i], floor))) ** 2;
    }
    total += Math.sqrt(sum / settings.bins);
  }
  return total / frames;
}
