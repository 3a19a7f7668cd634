/** The pitch of a frame, as a tuner hears it: by McLeod and Wyvill's normalised square difference (2005). */
import { makeFFT, transform } from "./fft.mjs";

const NEAR = 0.9; // of the highest peak: the first that reaches it is the period
const CLEAR = 0.8; // of 1, which is a sound that repeats itself exactly; below it no pitch is told
const AS_CLEAR = 0.97; // of the first peak's clearness, by which a later one still counts
const TAPS = 8; // to either side
const NARROW = 0.1; // a peak that bends more than this from sample to sample
const SILENT = 1e-4; // amplitude, RMS

/** How alike a frame and itself `lag` samples later are, from -1 to 1, for lags up to half its length. */
function likeness(frame, { fft, re, im }) {
  const size = frame.length;
  re.fill(0).set(frame);
  im.fill(0);
  transform(fft, re, im);
  for (let k = 0; k < re.length; k++) {
    re[k] = re[k] * re[k] + im[k] * im[k];
    im[k] = 0;
  }
  transform(fft, re, im); // of an even spectrum: forwards is backwards
  const out = new Float64Array(size / 2);
  let energy = (2 * re[0]) / re.length;
  for (let lag = 0; lag < out.length; lag++) {
    out[lag] = energy > 0 ? (2 * re[lag]) / re.length / energy : 0;
    energy -= frame[lag] ** 2 + frame[size - 1 - lag] ** 2;
  }
  return out;
}

/** A value between others: they are the samples of something that changes smoothly (a sinc under a Hann window). */
function between(values, place) {
  const nearest = Math.round(place);
  const aside = place - nearest;
  if (Math.abs(aside) < 1e-9) return values[nearest];
  let sum = 0;
  for (let n = -TAPS; n <= TAPS; n++) {
    const value = values[Math.abs(nearest + n)] ?? 0; // likeness is even
    const turn = Math.PI * (aside - n);
    sum += (value * Math.sin(turn) * (0.5 + 0.5 * Math.cos(turn / (TAPS + 1)))) / turn;
  }
  return sum;
}

/** The top of the parabola through a value at `place` and its neighbours a `step` aside, and how it bends. */
function parabola(values, place, step) {
  const [a, b, c] = [-step, 0, step].map((aside) => between(values, place + aside));
  const bend = a - 2 * b + c;
  const aside = bend ? (a - c) / (2 * bend) : 0;
  return { lag: place + step * aside, height: b - ((a - c) * aside) / 4, bend };
}

/** The top near the whole lag `i`; narrower parabolas mend what the first one misses of a narrow peak. */
function topNear(values, i) {
  const wide = parabola(values, i, 1);
  if (-wide.bend < NARROW) return wide;
  return parabola(values, parabola(values, wide.lag, 0.5).lag, 0.25);
}

/** The highest place between each crossing of zero upwards and the next one downwards. */
function peaksOf(values) {
  const peaks = [];
  let best = 0;
  let begun = false; // the slope down from lag 0 is no peak
  for (let lag = 1; lag < values.length - 1; lag++) {
    if (values[lag] <= 0) {
      if (best) peaks.push(best);
      [best, begun] = [0, true];
    } else if (begun && (!best || values[lag] > values[best])) {
      best = lag;
    }
  }
  return peaks;
}

/** The highest place of `values` within `reach` of `lag`, and 0 where it lies at the edge. */
function summit(values, lag, reach) {
  const [from, to] = [Math.max(1, Math.ceil(lag - reach)), Math.min(values.length - 2, Math.floor(lag + reach))];
  let best = from;
  for (let i = from; i <= to; i++) if (values[i] > values[best]) best = i;
  return best > from && best < to ? best : 0;
}

/** The period, found again over ever more of its repeats as long as they are as clear: an error is shared among them. */
function refine(values, first, clearness) {
  let period = first;
  for (let repeats = 2; repeats * period < values.length - 2; repeats *= 2) {
    const at = summit(values, repeats * period, period / 4);
    if (!at) break;
    const { lag, height } = topNear(values, at);
    if (height < AS_CLEAR * clearness) break;
    period = lag / repeats;
  }
  return period;
}

/** What frames of `size` samples, a power of two, share. */
export function makeTuner(size) {
  return { size, fft: makeFFT(2 * size), re: new Float64Array(2 * size), im: new Float64Array(2 * size) };
}

/** Pitch in hertz of a frame of `size` samples, as `{ hz, clearness }`; `null` where none is clear. */
export function hearPitch(frame, rate, tuner) {
  const power = frame.reduce((sum, value) => sum + value ** 2, 0) / frame.length;
  if (power < SILENT ** 2) return null;
  const values = likeness(frame, tuner);
  const peaks = peaksOf(values).map((lag) => topNear(values, lag));
  if (!peaks.length) return null;
  const highest = Math.max(...peaks.map(({ height }) => height));
  const { lag, height: clearness } = peaks.find(({ height }) => height >= NEAR * highest);
  return clearness < CLEAR ? null : { hz: rate / refine(values, lag, clearness), clearness };
}
