/** A steady note as harmonics and what is left, as in `nsynthlib/synthesis/harmonics.py`. */
import constants from "../../../constants.json" with { type: "json" };
import { istft, makeSettings, stft } from "../stft.mjs";
import { RATE, SAMPLES, countPartials } from "./controls.mjs";

const {
  lowest_hz: LOWEST, // of a fundamental
  highest_hz: HIGHEST,
  octave_cost: OCTAVE_COST, // how much better a peak an octave below must be
  voiced: VOICED, // a frame less periodic than that has no harmonics
  quiet: QUIET, // nor has one softer than that part of the loudest
  reach_bins: REACH, // on either side of a harmonic that are its own: the main lobe, and a little
  silent_db: SILENT,
} = constants.harmonics;

export const median = (values) => Float64Array.from(values).sort()[Math.floor((values.length - 1) / 2)];

/** The autocorrelation of every frame, `[frames * nFft]`, of powers `[frames * bins]`. */
function correlate(power, { nFft, bins, fft }) {
  const out = new Float64Array((power.length / bins) * nFft);
  const packed = new Float64Array(2 * nFft);
  const correlation = new Float64Array(2 * nFft);
  for (let m = 0; m * bins < power.length; m++) {
    for (let k = 0; k < nFft; k++) packed[2 * k] = power[m * bins + Math.min(k, nFft - k)];
    fft.inverseTransform(correlation, packed);
    for (let n = 0; n < nFft; n++) out[m * nFft + n] = correlation[2 * n];
  }
  return out;
}

/** Powers `|X|²` of a spectrum. */
export const powers = ({ re, im }) => re.map((x, i) => x * x + im[i] * im[i]);

/** Powers of the window itself. */
function windowPower({ nFft, bins, taps, fft }) {
  const spectrum = new Float64Array(2 * nFft);
  fft.realTransform(spectrum, taps);
  return Float64Array.from({ length: bins }, (_, k) => spectrum[2 * k] ** 2 + spectrum[2 * k + 1] ** 2);
}

/** The lag in samples of the highest peak, and how high it is; none where nothing rises and falls. */
function highestPeak(likeness) {
  let best = { score: -Infinity, lag: 0, height: 0 };
  for (let lag = Math.floor(RATE / HIGHEST); lag <= Math.floor(RATE / LOWEST); lag++) {
    const [a, b, c] = [likeness(lag - 1), likeness(lag), likeness(lag + 1)];
    const score = b - OCTAVE_COST * Math.log2(lag);
    if (!(b > a && b >= c) || score <= best.score) continue;
    best = { score, lag: lag + (0.5 * (a - c)) / Math.min(a - 2 * b + c, -1e-12), height: b };
  }
  return best;
}

/** Fundamental of every frame in hertz, 0 where there is none (Boersma 1993). */
export function fundamentals(power, transform) {
  const { nFft, bins } = transform;
  const own = correlate(windowPower(transform), transform);
  const all = correlate(power, transform);
  const frames = power.length / bins;
  const loud = Float64Array.from({ length: frames }, (_, m) =>
    Math.sqrt(power.subarray(m * bins, (m + 1) * bins).reduce((sum, value) => sum + value, 0)));
  const loudest = loud.reduce((most, value) => Math.max(most, value), 0);
  return loud.map((level, m) => {
    const ratio = (n) => all[m * nFft + n] / own[n];
    const whole = Math.max(ratio(0), 1e-12);
    const { lag, height } = highestPeak((n) => ratio(n) / whole);
    return height > VOICED && level > QUIET * loudest ? RATE / lag : 0;
  });
}

/**
 * Levels in dB of the harmonics, one array of all frames for each, full scale is 0; and the rest, `SAMPLES` long. Of a
 * sound at 16 kHz four seconds are used; what is shorter is followed by silence.
 */
export function takeApart(note) {
  const transform = makeSettings(constants.harmonics);
  const { nFft, bins, taps } = transform;
  const audio = new Float64Array(SAMPLES);
  audio.set(note.subarray(0, SAMPLES));
  const spectrum = stft(audio, transform);
  const power = powers(spectrum);
  const f0 = fundamentals(power, transform);
  const voiced = f0.filter((hertz) => hertz > 0);
  if (!voiced.length) return { tracks: [new Float64Array(f0.length).fill(SILENT)], rest: audio };
  const unit = (nFft / 4) * taps.reduce((sum, tap) => sum + tap * tap, 0); // power of a full-scale sine's lobe
  const tracks = Array.from({ length: countPartials(median(voiced)) }, (_, i) =>
    f0.map((hertz, m) => {
      const place = (hertz * (i + 1) * nFft) / RATE; // in bins
      const [from, to] = [Math.max(0, Math.floor(place) - REACH), Math.min(bins - 1, Math.floor(place) + REACH + 1)];
      let sum = 0;
      for (let k = from; hertz > 0 && k <= to; k++) {
        const weight = Math.max(0, Math.min(1, REACH + 0.5 - Math.abs(k - place)));
        const at = m * bins + k;
        sum += weight * power[at];
        spectrum.re[at] *= 1 - weight;
        spectrum.im[at] *= 1 - weight;
      }
      return 10 * Math.log10(Math.max(sum / unit, 10 ** (SILENT / 10)));
    }));
  return { tracks, rest: istft(spectrum, transform, SAMPLES) };
}
