/**
 * What each explorer computes: the answers of `nsynthlib/widgets/` in the reader's browser.
 *
 * A kind has one function for each thing that can be wanted of it. It gets a job (`settings`, and for a sound to
 * analyse `note` and `sampleRate`) and `onStep`, which long work awaits after each step; `null` is an aborted job.
 */
import {
  abs,
  countEmpty,
  fromDb,
  griffinLim,
  istft,
  magnitudeToAudio,
  magnitudeToMel,
  makeSettings,
  melCorners,
  melFilterbank,
  melToMagnitude,
  stft,
  toDb,
} from "../dsp/index.mjs";
import { composers } from "./composers.mjs";
import { cvae } from "./cvae.mjs";
import { asFigure, asFile, levelPart } from "./forms.mjs";
import { instrument } from "./instrument.mjs";
import { reconstruction } from "./reconstruction.mjs";
import { drawProbe, playProbe } from "../dsp/fourier.mjs";
import { drawFit, playFit } from "../dsp/learning.mjs";
import { drawTree, playReach } from "../dsp/receptive_field.mjs";
import { drawSampling, playSampling } from "../dsp/sampling.mjs";
import { makeMorph } from "../dsp/synthesis/morphing.mjs";
import { SPECTROGRAM, isSame, makeNoteOnce } from "../dsp/synthesis/notes.mjs";

const original = ({ note, sampleRate }) => asFile(note, sampleRate);

/** Ways from a spectrum to a sound. */
const ways = {
  kept: (spectrum, transform, samples) => istft(spectrum, transform, samples),
  pghi: (spectrum, transform, samples) => magnitudeToAudio(abs(spectrum), transform, samples, { iterations: 0 }),
  "griffin-lim": (spectrum, transform, samples, options) => griffinLim(abs(spectrum), transform, samples, options),
  "pghi, griffin-lim": (spectrum, transform, samples, options) =>
    magnitudeToAudio(abs(spectrum), transform, samples, options),
};

const spectrogram = {
  original,
  figure({ settings, note, sampleRate }) {
    const transform = makeSettings(settings);
    const magnitude = abs(stft(note, transform));
    const hop = transform.hop / sampleRate;
    if (settings.display === "decibels") return asFigure(toDb(magnitude, transform), transform.bins, hop, levelPart);
    const top = magnitude.reduce((most, value) => Math.max(most, value), 1e-12);
    return { ...asFigure(magnitude, transform.bins, hop, (value) => value / top), top: top / transform.reference };
  },
  async sound({ settings, note, sampleRate }, onStep) {
    const transform = makeSettings(settings);
    const options = { iterations: settings.n_iter, onStep };
    const audio = await ways[settings.phase](stft(note, transform), transform, note.length, options);
    return audio && asFile(audio, sampleRate);
  },
};

/** Decibels frame by frame in mel bands, the filterbank and the transform below it. */
function melBands({ settings, note, sampleRate }) {
  const { n_fft: nFft, n_mels: nMels, mel_scale: scale, f_min: low, f_max: high } = settings;
  if (low >= high) throw new Error(`the lowest frequency (${low} Hz) must lie below the highest (${high} Hz)`);
  const transform = makeSettings({ n_fft: nFft, hop_length: settings.hop_length });
  const filterbank = melFilterbank(nMels, nFft, sampleRate, scale, low, high);
  return { db: toDb(magnitudeToMel(abs(stft(note, transform)), filterbank), transform), filterbank, transform };
}

const mel = {
  original,
  figure(job) {
    const { n_mels: nMels, mel_scale: scale, f_min: low, f_max: high } = job.settings;
    const { db, filterbank, transform } = melBands(job);
    return {
      ...asFigure(db, nMels, transform.hop / job.sampleRate, levelPart),
      corners: Float32Array.from(melCorners(nMels, low, high, scale)),
      empty: countEmpty(filterbank),
    };
  },
  async sound(job, onStep) {
    const { db, filterbank, transform } = melBands(job);
    const magnitude = melToMagnitude(fromDb(db, transform), filterbank);
    const options = { iterations: job.settings.n_iter, onStep };
    const audio = await magnitudeToAudio(magnitude, transform, job.note.length, options);
    return audio && asFile(audio, job.sampleRate);
  },
};

function samplingSound(want, { settings, note }) {
  const { audio, rate } = playSampling(want, settings, note);
  return asFile(audio, rate);
}

const sampling = {
  figure: ({ settings, note }) => drawSampling(settings, note),
  sound: (job) => samplingSound("sound", job),
  original: (job) => samplingSound("original", job),
};

const fourier = {
  original,
  figure: ({ settings, note, sampleRate }) => drawProbe(settings, note, sampleRate),
  sound: ({ settings, note, sampleRate }) => asFile(playProbe(settings, note, sampleRate), sampleRate),
};

const receptiveField = {
  figure: ({ settings }) => drawTree(settings),
  sound: ({ settings, note, sampleRate }) => asFile(playReach(settings, note, sampleRate), sampleRate),
};

const learning = {
  figure: ({ settings }) => drawFit(settings),
  sound: ({ settings, sampleRate }) => asFile(playFit("sound", settings, sampleRate), sampleRate),
  stopped: ({ settings, sampleRate }) => asFile(playFit("stopped", settings, sampleRate), sampleRate),
  original: ({ settings, sampleRate }) => asFile(playFit("original", settings, sampleRate), sampleRate),
};

const synthesised = {
  original,
  figure: (job) => synthesised.comparison({ ...job, note: makeNoteOnce(job.settings, job.note) }),
  comparison: ({ note, sampleRate }) => spectrogram.figure({ settings: SPECTROGRAM, note, sampleRate }),
  sound: ({ settings, note, sampleRate }) => asFile(makeNoteOnce(settings, note), sampleRate),
};

/** The last two notes that were analysed: every position needs them again. */
let analysed = { note: null };

/** Both ways from the first half of `note` to the second: `{ morphed(position), faded(position) }`. */
function waysBetween(note) {
  if (isSame(analysed.note, note)) return analysed;
  const [a, b] = [note.subarray(0, note.length / 2), note.subarray(note.length / 2)];
  const faded = (position) => a.map((value, n) => value + position * (b[n] - value));
  analysed = { note, morphed: makeMorph(a, b).at, faded };
  return analysed;
}

const morph = {
  figure({ settings: { position }, note, sampleRate }) {
    const { morphed, faded } = waysBetween(note);
    const [figure, other] = [morphed, faded].map((way) =>
      spectrogram.figure({ settings: SPECTROGRAM, note: way(position), sampleRate }));
    return { ...figure, faded: other.cells };
  },
  sound: ({ settings, note, sampleRate }) => asFile(waysBetween(note).morphed(settings.position), sampleRate),
  faded: ({ settings, note, sampleRate }) => asFile(waysBetween(note).faded(settings.position), sampleRate),
};

export const answers = {
  note: synthesised,
  morph,
  stft: spectrogram,
  mel,
  sampling,
  fourier,
  learning,
  receptiveField,
  cvae,
  instrument,
  reconstruction,
  ...composers,
};
