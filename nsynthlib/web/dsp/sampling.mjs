/** A sine, or a reader's own sound, sampled and quantised, as in `nsynthlib/widgets/sampling.py`. */
import constants from "../../constants.json" with { type: "json" };
import { makeRandom } from "./phase.mjs";
import { abs, makeSettings, makeSpectrum, stft } from "./stft.mjs";
import { levels } from "./wav.mjs";

const {
  original_rate: ORIGINAL_RATE, // fine enough for every frequency that is offered
  seconds: SECONDS,
  fade_seconds: FADE_SECONDS,
  curve_points: POINTS,
  spectrum_samples: SPECTRUM_SAMPLES,
  spectrum_floor_db: SPECTRUM_FLOOR_DB,
  own_samples: OWN_SAMPLES, // of a reader's own sound that are drawn, at the original rate
} = constants.sampling;
const COARSEST = ORIGINAL_RATE / Math.min(...constants.choices.rate); // from one sample at the lowest rate to the next

/** The sine of the settings from its zero on. */
function sine({ frequency, level }, rate, samples) {
  const amplitude = 10 ** (level / 20);
  return Float64Array.from({ length: samples }, (_, n) => amplitude * Math.sin((2 * Math.PI * frequency * n) / rate));
}

/** `audio` in whole steps of 2^(1 - bits), clipped to what these bits can say; before that, dither if it is wanted. */
function quantise(audio, bits, dither) {
  const most = 2 ** (bits - 1);
  const random = makeRandom(0);
  return audio.map((value) => {
    const noise = dither ? random() + random() - 1 : 0;
    return Math.max(-most, Math.min(most - 1, Math.floor(value * most + noise + 0.5))) / most;
  });
}

/** The frequency that the samples show, in hertz; below 0 where it turns backwards. */
const aliasOf = (frequency, rate) => frequency - rate * Math.floor(frequency / rate + 0.5);

/** `audio` with a soft start and end, so that it does not click. */
export function faded(audio, rate) {
  const edge = Math.round(FADE_SECONDS * rate);
  const gain = (n) => (n < edge ? 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / (2 * edge)) : 1);
  return audio.map((value, n) => value * gain(n) * gain(audio.length - 1 - n));
}

/** Levels of the frequencies up to half the sample rate against a full-scale sine, under a Hann window. */
function spectrumDb(audio) {
  const transform = makeSettings({ n_fft: audio.length, hop_length: audio.length / 4 });
  const shifted = new Float64Array(2 * audio.length); // frame 2 looks at the whole of it
  shifted.set(audio);
  const magnitude = abs(stft(shifted, transform, makeSpectrum(3, transform))).subarray(2 * transform.bins);
  return Float32Array.from(magnitude, (value) => {
    return Math.max(SPECTRUM_FLOOR_DB, Math.min(0, 20 * Math.log10(Math.max(value / transform.reference, 1e-12))));
  });
}

/** A reader's own sound with its peak at `level` dBFS. */
function atLevel(note, level) {
  const gain = 10 ** (level / 20) / Math.max(levels(note).peak, 1e-9);
  return note.map((value) => value * gain);
}

/** Every `step`-th sample. */
function everyOther(audio, step) {
  return Float64Array.from({ length: Math.ceil(audio.length / step) }, (_, n) => audio[n * step]);
}

/** As much as a spectrum looks at, with `place` in its middle where there is enough on both sides. */
function around(audio, place) {
  const first = Math.max(0, Math.min(place - SPECTRUM_SAMPLES / 2, audio.length - SPECTRUM_SAMPLES));
  const out = new Float64Array(SPECTRUM_SAMPLES);
  out.set(audio.subarray(first, first + SPECTRUM_SAMPLES));
  return out;
}

/** A few milliseconds about the loudest moment, with their samples, and both spectra there. */
function drawOwn({ rate, bits, dither, level }, note) {
  const step = ORIGINAL_RATE / rate;
  const whole = atLevel(note, level);
  const heard = quantise(everyOther(whole, step), bits, dither);
  const loudest = whole.reduce((best, value, n) => (Math.abs(value) > Math.abs(whole[best]) ? n : best), 0);
  const place = Math.min(Math.max(0, loudest - OWN_SAMPLES / 2), whole.length - OWN_SAMPLES - 1);
  const first = Math.floor(place / COARSEST) * COARSEST;
  return {
    span: OWN_SAMPLES / ORIGINAL_RATE,
    curve: Float32Array.from(whole.subarray(first, first + OWN_SAMPLES + 1)),
    samples: Float32Array.from(heard.subarray(first / step, (first + OWN_SAMPLES) / step)),
    spectrum: spectrumDb(around(heard, Math.floor(loudest / step))),
    original: spectrumDb(around(whole, loudest)),
  };
}

/** What is drawn: of a reader's own sound if there is one, or of the sine. */
export const drawSampling = (settings, note) => (note.length ? drawOwn(settings, note) : drawSine(settings));

/** Samples of at least three periods and the two curves through them, and a spectrum. */
function drawSine({ frequency, rate, bits, dither, level }) {
  const count = Math.max(24, Math.ceil((3 * rate) / frequency));
  const span = count / rate;
  const fine = (POINTS - 1) / span;
  const alias = aliasOf(frequency, rate);
  const heard = quantise(sine({ frequency, level }, rate, SPECTRUM_SAMPLES), bits, dither);
  return {
    span,
    alias,
    curve: Float32Array.from(sine({ frequency, level }, fine, POINTS)),
    folded: Float32Array.from(sine({ frequency: alias, level }, fine, POINTS)),
    samples: Float32Array.from(heard.subarray(0, count)),
    spectrum: spectrumDb(heard),
  };
}

/** The "original" or the "sound" that is left of it, and its sample rate. */
export function playSampling(want, settings, note) {
  const rate = want === "original" ? ORIGINAL_RATE : settings.rate;
  const audio = note.length
    ? everyOther(atLevel(note, settings.level), ORIGINAL_RATE / rate)
    : faded(sine(settings, rate, Math.round(SECONDS * rate)), rate);
  return { audio: want === "original" ? audio : quantise(audio, settings.bits, settings.dither), rate };
}
