/** One frequency looked for in a frame of a sound, as in `nsynthlib/widgets/fourier.py`. */
import FFT from "fft.js";
import constants from "../../constants.json" with { type: "json" };
import { faded } from "./sampling.mjs";
import { makeWindow } from "./window.mjs";

const { n_fft: N_FFT, seconds: SECONDS } = constants.fourier;

/** The frame under its window, and the window; where the sound has ended, the frame is filled up with zeros. */
function takeFrame({ start, frame_length: length, window }, note, rate) {
  const taps = makeWindow(window, length);
  const first = Math.floor((start * rate) / 1000);
  return { frame: taps.map((tap, n) => tap * (note[first + n] ?? 0)), taps };
}

/** The terms x[n] exp(-2 pi i f n / rate), and their running sum, which begins with 0. */
function probe(frame, frequency, rate) {
  const [turned, sum] = [0, 1].map((more) => ({
    real: new Float64Array(frame.length + more),
    imag: new Float64Array(frame.length + more),
  }));
  frame.forEach((value, n) => {
    const angle = (-2 * Math.PI * frequency * n) / rate;
    turned.real[n] = value * Math.cos(angle);
    turned.imag[n] = value * Math.sin(angle);
    for (const axis of ["real", "imag"]) sum[axis][n + 1] = sum[axis][n] + turned[axis][n];
  });
  return { turned, sum, re: sum.real.at(-1), im: sum.imag.at(-1) };
}

/** Heights of all frequencies up to `highest`, by one transform of the frame and many zeros. */
function heightsOf(frame, reference, highest, rate) {
  const filled = new Float64Array(N_FFT);
  filled.set(frame);
  const spectrum = new Float64Array(2 * N_FFT);
  new FFT(N_FFT).realTransform(spectrum, filled);
  const length = 1 + Math.floor((highest * N_FFT) / rate);
  return Float32Array.from({ length }, (_, k) => Math.hypot(spectrum[2 * k], spectrum[2 * k + 1]) / reference);
}

const referenceOf = (taps) => taps.reduce((total, tap) => total + tap, 0) / 2;

/** What is drawn; `re` and `im` are the sum as the DFT has it. */
export function drawProbe(settings, note, rate) {
  const { frame, taps } = takeFrame(settings, note, rate);
  const reference = referenceOf(taps);
  const { turned, sum, re, im } = probe(frame, settings.frequency, rate);
  return {
    re,
    im,
    reference,
    step: rate / N_FFT,
    frame: Float32Array.from(frame),
    taps: Float32Array.from(taps),
    heights: heightsOf(frame, reference, settings.highest, rate),
    turned_real: Float32Array.from(turned.real),
    turned_imag: Float32Array.from(turned.imag),
    sum_real: Float32Array.from(sum.real, (value) => value / reference),
    sum_imag: Float32Array.from(sum.imag, (value) => value / reference),
  };
}

/** The sine that the probe has found. */
export function playProbe(settings, note, rate) {
  const { frame, taps } = takeFrame(settings, note, rate);
  const { re, im } = probe(frame, settings.frequency, rate);
  const amplitude = Math.hypot(re, im) / referenceOf(taps);
  const phase = Math.atan2(im, re);
  const tone = Float64Array.from({ length: Math.round(SECONDS * rate) }, (_, n) => {
    return amplitude * Math.cos((2 * Math.PI * settings.frequency * n) / rate + phase);
  });
  return faded(tone, rate);
}
