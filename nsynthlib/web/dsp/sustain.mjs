/** A note for as long as a key is down: `nsynthlib/playing/sustain.py` in the reader's browser. */
import FFT from "fft.js";
import constants from "../../constants.json" with { type: "json" };

const { playing: NUMBERS, sample_rate: RATE, held_seconds: HELD } = constants;
const count = (seconds) => Math.round(seconds * RATE);

const FLAT_FROM = count(NUMBERS.flat_from_seconds);
const LATEST = count(NUMBERS.loop_start_latest_seconds);
const LOOP_END = count(NUMBERS.loop_end_seconds);
const CROSSFADE = count(NUMBERS.crossfade_seconds);

/** Root mean square of the samples from `first` to `last` (not included). */
function rms(x, first, last) {
  let sum = 0;
  for (let n = first; n < last; n++) sum += x[n] * x[n];
  return Math.sqrt(sum / (last - first));
}

/** RMS levels in dB of windows of 50 ms every 10 ms, of those that lie wholly between 1.3 and 2.9 s. */
function levelsOf(x) {
  const [window, hop] = [count(NUMBERS.level_window_seconds), count(NUMBERS.level_hop_seconds)];
  const lowest = 10 ** (NUMBERS.lowest_level_db / 20);
  const windows = Math.floor((LOOP_END - FLAT_FROM - window) / hop) + 1;
  return Float64Array.from({ length: windows }, (_, i) => {
    const first = FLAT_FROM + i * hop;
    return 20 * Math.log10(Math.max(lowest, rms(x, first, first + window)));
  });
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Slope of the straight line through levels, in dB a second, from -60 to 0. */
function decayOf(levels) {
  const middle = (levels.length - 1) / 2;
  const level = mean(levels);
  let [product, square] = [0, 0];
  levels.forEach((value, i) => {
    product += (i - middle) * (value - level);
    square += (i - middle) ** 2;
  });
  const slope = product / square / NUMBERS.level_hop_seconds;
  return Math.max(NUMBERS.steepest_decay_db, Math.min(0, slope));
}

/** Correlation of `end` with each equally long part of `searched`, by way of the spectrum. */
function correlate(searched, end) {
  const size = 2 ** Math.ceil(Math.log2(searched.length + end.length));
  const fft = new FFT(size);
  const [both, spectrum] = [new Float64Array(2 * size), new Float64Array(2 * size)];
  searched.forEach((value, n) => (both[2 * n] = value));
  end.forEach((value, n) => (both[2 * n + 1] = value));
  fft.transform(spectrum, both);
  for (let k = 0; k < size; k++) {
    // of a + ib, whose spectra are Hermitian: A = (Z_k + Z*_-k) / 2, B = (Z_k - Z*_-k) / 2i; wanted is A B*
    const mirror = (size - k) % size;
    const [re, im] = [spectrum[2 * k], spectrum[2 * k + 1]];
    const [reM, imM] = [spectrum[2 * mirror], -spectrum[2 * mirror + 1]];
    const [reA, imA] = [(re + reM) / 2, (im + imM) / 2];
    const [reB, imB] = [(im - imM) / 2, (reM - re) / 2];
    both[2 * k] = reA * reB + imA * imB;
    both[2 * k + 1] = imA * reB - reA * imB;
  }
  fft.inverseTransform(spectrum, both);
  return Float64Array.from({ length: searched.length - end.length + 1 }, (_, n) => spectrum[2 * n]);
}

/** Where the loop of a flattened note starts, and how well what lies before it goes with its end: at least 0. */
function findLoopStart(y) {
  const end = y.subarray(LOOP_END - CROSSFADE, LOOP_END);
  const searched = y.subarray(FLAT_FROM, LATEST);
  const products = correlate(searched, end);
  const square = rms(end, 0, CROSSFADE) ** 2 * CROSSFADE;
  let energy = 0;
  for (let n = 0; n < CROSSFADE; n++) energy += searched[n] ** 2;
  const rho = products.map((product, at) => {
    const both = energy * square;
    energy += (searched[at + CROSSFADE] ?? 0) ** 2 - searched[at] ** 2;
    return both > 0 ? product / Math.sqrt(both) : 0;
  });
  const most = rho.reduce((best, value) => Math.max(best, value), -1);
  const best = rho.findIndex((value) => value >= most - NUMBERS.equal_correlation);
  return { start: FLAT_FROM + CROSSFADE + best, rho: Math.max(0, rho[best]) };
}

/** Fades the end of a flattened note into what lies before the loop's start; the power stays what it was. */
function crossfade(y, start, rho) {
  for (let i = 0; i < CROSSFADE; i++) {
    const a = (i + 0.5) / CROSSFADE;
    const mixed = (1 - a) * y[LOOP_END - CROSSFADE + i] + a * y[start - CROSSFADE + i];
    y[LOOP_END - CROSSFADE + i] = mixed / Math.sqrt((1 - a) ** 2 + a * a + 2 * a * (1 - a) * rho);
  }
}

/** Gains over the second after a key is let go, never rising, from 1 to 0. */
function releaseOf(x) {
  const { release_points: points, release_seconds: length, release_fade_points: fade } = NUMBERS;
  const half = Math.floor(count(NUMBERS.release_window_seconds) / 2);
  const seconds = Array.from({ length: points }, (_, i) => (i * length) / (points - 1));
  const levels = seconds.map((at) => {
    const centre = Math.round((HELD + at) * RATE);
    return rms(x, centre - half, Math.min(x.length, centre + half));
  });
  const isSilent = levels[0] < 10 ** (NUMBERS.silent_db / 20);
  let least = 1;
  const gainAt = (i) => {
    if (isSilent) return 10 ** ((-3 * seconds[i]) / NUMBERS.silent_release_seconds);
    return (least = Math.min(least, levels[i] / levels[0]));
  };
  return Float64Array.from(seconds, (_, i) => gainAt(i) * Math.min(1, (points - 1 - i) / fade));
}

/** The gain while a key is down, `seconds` after it was pressed. */
export const heldGain = (decayDb, seconds) => 10 ** ((decayDb * Math.max(0, seconds - NUMBERS.flat_from_seconds)) / 20);

/**
 * The held note of a whole note of the model: `{ samples, loopStart, loopEnd, decayDb, release }`. The samples are
 * played once, then again from `loopStart` to `loopEnd` (not included) for as long as the key is down, with `heldGain`. A note
 * that has died away by then has no loop (`null`) and is as it was.
 */
export function hold(note) {
  const levels = levelsOf(note);
  const release = releaseOf(note);
  if (mean(levels.subarray(-NUMBERS.last_levels)) < NUMBERS.silent_db) {
    return { samples: Float64Array.from(note), loopStart: null, loopEnd: null, decayDb: 0, release };
  }
  const decayDb = decayOf(levels);
  const samples = Float64Array.from(note.subarray(0, LOOP_END), (value, n) => value / heldGain(decayDb, n / RATE));
  const { start, rho } = findLoopStart(samples);
  crossfade(samples, start, rho);
  return { samples, loopStart: start, loopEnd: LOOP_END, decayDb, release };
}

/** The velocity that the model is asked for, and the gain for what `velocity` differs by; of `layers` the nearest. */
export function layerAndGain(velocity, layers = NUMBERS.velocity_layers) {
  const away = layers.map((layer) => Math.abs(layer - velocity));
  const layer = layers[away.indexOf(Math.min(...away))];
  return { layer, gain: (velocity / layer) ** (NUMBERS.velocity_slope_db / 20) };
}
