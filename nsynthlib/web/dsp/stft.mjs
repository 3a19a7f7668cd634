/**
 * Short-time Fourier transform and decibels: `nsynthlib/spectral/transform.py` in the reader's browser, in float64.
 *
 * A spectrum or magnitude lies frame by frame: bin `k` of frame `m` is element `m * bins + k`.
 * Frames are centred (frame `m` looks at sample `m * hop`); the signal is padded with zeros.
 */
import FFT from "fft.js";
import constants from "../../constants.json" with { type: "json" };
import { makeWindow } from "./window.mjs";

export const FLOOR_DB = constants.floor_db;

/** Whether every sample lies under some window: the summed squares never reach zero (NOLA). */
function hasNoGaps(taps, hop) {
  for (let n = 0; n < hop; n++) {
    let sum = 0;
    for (let i = n; i < taps.length; i += hop) sum += taps[i] * taps[i];
    if (sum <= 1e-10) return false;
  }
  return true;
}

/** The window in the middle of `nFft` samples. */
function padded(taps, nFft) {
  const out = new Float64Array(nFft);
  out.set(taps, Math.floor((nFft - taps.length) / 2));
  return out;
}

/**
 * Everything a transform needs, computed once. Arguments as in Python's `STFT`; a `win_length` of 0 or none is `n_fft`.
 * `reference` is the magnitude that is 0 dB: a full-scale sine's at the centre of a bin.
 * Throws an `Error` in Python's words if the settings cannot be inverted.
 */
export function makeSettings({ n_fft: nFft, hop_length: hop, win_length: given, window = "hann" }) {
  const length = given || nFft;
  const inside = makeWindow(window, length);
  if (nFft < 4 || nFft & (nFft - 1)) throw new Error(`n_fft ${nFft} must be a power of two of at least 4`);
  if (!(length >= 2 && length <= nFft)) {
    throw new Error(`win_length ${length} must lie between 2 and n_fft (${nFft})`);
  }
  if (!(hop >= 1 && hop <= length)) throw new Error(`hop_length ${hop} must lie between 1 and win_length (${length})`);
  if (!hasNoGaps(inside, hop)) throw new Error(`hop_length ${hop} leaves gaps between the windows; use a smaller one`);
  const reference = inside.reduce((sum, tap) => sum + tap, 0) / 2;
  const taps = padded(inside, nFft);
  const squares = new Map(); // see `squaresOf`
  return { nFft, hop, length, window, taps, squares, reference, bins: nFft / 2 + 1, fft: new FFT(nFft) };
}

/** Number of frames of a signal of `samples` samples. */
export const countFrames = (samples, { hop }) => 1 + Math.floor(samples / hop);

/** An empty complex spectrum of `frames` frames. */
export function makeSpectrum(frames, { bins }) {
  return { frames, bins, re: new Float64Array(frames * bins), im: new Float64Array(frames * bins) };
}

/** Complex spectrum of `audio` (Allen and Rabiner 1977), written to `out`. */
export function stft(audio, settings, out = makeSpectrum(countFrames(audio.length, settings), settings)) {
  const { nFft, hop, bins, taps, fft } = settings;
  const { re, im } = out;
  const frame = new Float64Array(nFft);
  const spectrum = new Float64Array(2 * nFft);
  for (let m = 0; m < out.frames; m++) {
    const first = m * hop - nFft / 2;
    const [from, to] = [Math.max(0, -first), Math.max(0, Math.min(nFft, audio.length - first))];
    if (to - from < nFft) frame.fill(0);
    for (let i = from; i < to; i++) frame[i] = audio[first + i] * taps[i];
    fft.realTransform(spectrum, frame);
    for (let k = 0, at = m * bins; k < bins; k++, at++) {
      re[at] = spectrum[2 * k];
      im[at] = spectrum[2 * k + 1];
    }
  }
  return out;
}

/** Lays frames `m` and `m + 1`, Hermitian halves A and B, into one complex spectrum A + iB whose inverse is a + ib. */
function packPair({ re, im, bins, frames }, m, packed, nFft) {
  const a = m * bins;
  const both = m + 1 < frames;
  const b = both ? a + bins : a;
  for (let k = 0, mirror = 2 * nFft; k < bins; k++, mirror -= 2) {
    // The spectrum of a real signal is real at 0 Hz and at half the sample rate.
    const turns = k > 0 && k < bins - 1;
    const reA = re[a + k];
    const imA = turns ? im[a + k] : 0;
    const reB = both ? re[b + k] : 0;
    const imB = both && turns ? im[b + k] : 0;
    if (turns) {
      packed[mirror] = reA + imB;
      packed[mirror + 1] = reB - imA;
    }
    packed[2 * k] = reA - imB;
    packed[2 * k + 1] = imA + reB;
  }
}

/** The summed squared windows of `frames` frames at each of `samples` samples, once for each. */
function squaresOf({ nFft, hop, taps, squares }, frames, samples) {
  const key = `${frames}/${samples}`;
  if (squares.has(key)) return squares.get(key);
  const weight = new Float64Array(samples);
  for (let m = 0; m < frames; m++) {
    const first = m * hop - nFft / 2;
    const to = Math.min(nFft, samples - first);
    for (let i = Math.max(0, -first); i < to; i++) weight[first + i] += taps[i] * taps[i];
  }
  squares.set(key, weight);
  return weight;
}

/** Audio (`samples` long) whose STFT is nearest to `spectrum`: overlap-add over the summed squared windows. */
export function istft(spectrum, settings, samples) {
  const { nFft, hop, taps, fft } = settings;
  const audio = new Float64Array(samples);
  const packed = new Float64Array(2 * nFft);
  const pair = new Float64Array(2 * nFft);
  for (let m = 0; m < spectrum.frames; m += 2) {
    packPair(spectrum, m, packed, nFft);
    fft.inverseTransform(pair, packed);
    for (let part = 0; part < 2 && m + part < spectrum.frames; part++) {
      const first = (m + part) * hop - nFft / 2;
      const to = Math.min(nFft, samples - first);
      for (let i = Math.max(0, -first); i < to; i++) audio[first + i] += pair[2 * i + part] * taps[i];
    }
  }
  const weight = squaresOf(settings, spectrum.frames, samples);
  for (let n = 0; n < samples; n++) if (weight[n] > 1e-11) audio[n] /= weight[n];
  return audio;
}

/** Magnitudes of a complex spectrum. */
export function abs({ re, im }) {
  const out = new Float64Array(re.length);
  for (let i = 0; i < out.length; i++) out[i] = Math.sqrt(re[i] * re[i] + im[i] * im[i]);
  return out;
}

/** Decibels against a full-scale sine, clipped to `[floor, 0]`; no note's own maximum is involved. */
export function toDb(magnitude, { reference }, floor = FLOOR_DB) {
  const out = new Float64Array(magnitude.length);
  for (let i = 0; i < out.length; i++) {
    const db = 20 * Math.log10(Math.max(magnitude[i], 1e-12) / reference);
    out[i] = Math.min(0, Math.max(floor, db));
  }
  return out;
}

/** Magnitudes of decibels made by `toDb`; the floor becomes silence. */
export function fromDb(db, { reference }, floor = FLOOR_DB) {
  const out = new Float64Array(db.length);
  for (let i = 0; i < out.length; i++) out[i] = db[i] > floor ? reference * 10 ** (db[i] / 20) : 0;
  return out;
}
