/**
 * The page's sound engine, off the main thread. A message `{ id, kind, want, settings, note }` is a job; the answer is
 * `{ id, answer }`, `{ id, error }`, or `{ id, answer: null }` where `{ cancel: id }` came first. `{ id, progress }`
 * reports the part done, from 0 to 1.
 */
import { decode } from "./decoder.mjs";
import { FLOOR_DB, abs, encodeWav, fromDb, griffinLim, istft, levels, magnitudeToAudio } from "./dsp.mjs";
import { makeSettings, melFilterbank, melToMagnitude, pghi, stft, toDb } from "./dsp.mjs";

/** One byte a cell, 0 at the floor and 255 at 0 dB: all that 256 colours can show. */
function toBytes(db) {
  const out = new Uint8Array(db.length);
  for (let i = 0; i < out.length; i++) out[i] = Math.round((1 - db[i] / FLOOR_DB) * 255);
  return out;
}

/** Swaps rows and columns: `[rows, cols]` to `[cols, rows]`, written to `out`. */
function transpose(values, rows, cols, out) {
  for (let r = 0; r < rows; r++) for (let c = 0; c < cols; c++) out[c * rows + r] = values[r * cols + c];
  return out;
}

/** Samples of 16 bits as amplitudes. */
function toAudio(samples) {
  const out = new Float64Array(samples.length);
  for (let n = 0; n < out.length; n++) out[n] = samples[n] / 32768;
  return out;
}

/**
 * A sound as the explorer wants it: a file and its levels. One that reaches beyond full scale is turned down as a
 * whole, and `turned_down` says by how many decibels; no other loudness is touched.
 */
function asSound(audio, sampleRate) {
  const beyond = Math.max(1, levels(audio).peak);
  const fitted = audio.map((value) => value / beyond);
  return { wav: encodeWav(fitted, sampleRate), ...levels(fitted), turned_down: 20 * Math.log10(beyond) };
}

const ways = {
  kept: (spectrum, settings, samples) => istft(spectrum, settings, samples),
  pghi: (spectrum, settings, samples) => {
    const magnitude = abs(spectrum);
    return griffinLim(magnitude, settings, samples, { iterations: 0, phase: pghi(magnitude, settings) });
  },
  "griffin-lim": (spectrum, settings, samples, onStep) =>
    griffinLim(abs(spectrum), settings, samples, { iterations: 32, onStep }),
};

const spectrogram = {
  picture({ settings, note, sampleRate }) {
    const made = makeSettings(settings);
    const spectrum = stft(note, made);
    const { frames: cols, bins: rows } = spectrum;
    const bytes = transpose(toBytes(toDb(abs(spectrum), made)), cols, rows, new Uint8Array(rows * cols));
    return { rows, cols, bytes, hop: made.hop / sampleRate };
  },
  async sound({ settings, note, sampleRate }, onStep) {
    const made = makeSettings(settings);
    const audio = await ways[settings.phase](stft(note, made), made, note.length, onStep);
    return audio && asSound(audio, sampleRate);
  },
};

/** The last decoded note, since its sound is asked for right after its picture. */
let last = { key: null, note: null };

async function decodeOnce(settings) {
  const key = JSON.stringify(settings);
  if (last.key !== key) last = { key, note: await decode(settings) };
  return last.note;
}

const cvae = {
  async picture({ settings }) {
    const { decibels, rows, cols, manifest } = await decodeOnce(settings);
    return { rows, cols, bytes: toBytes(decibels), hop: manifest.hop_length / manifest.sample_rate };
  },
  async sound({ settings }, onStep) {
    const { decibels, rows, cols, manifest } = await decodeOnce(settings);
    const made = makeSettings(manifest);
    const filterbank = melFilterbank(manifest.n_mels, manifest.n_fft, manifest.sample_rate, manifest.mel_scale);
    const mel = fromDb(transpose(decibels, rows, cols, new Float64Array(rows * cols)), made);
    const iterations = manifest.n_iter;
    const magnitude = melToMagnitude(mel, filterbank);
    const audio = await magnitudeToAudio(magnitude, made, manifest.samples, { iterations, onStep });
    return audio && asSound(audio, manifest.sample_rate);
  },
  /** The decoder's answer as it is, for whoever wants to compare. */
  async decibels({ settings }) {
    const { decibels, rows, cols } = await decode(settings);
    return { decibels: Float32Array.from(decibels), rows, cols };
  },
};

const kinds = { stft: spectrogram, cvae };
const cancelled = new Set();

/** Lets waiting messages in; a timer would sleep for at least 4 ms each time. */
const breathe = () =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });

/** A job's `onStep`: reports, lets messages in, and says whether to go on. */
const stepper = (id) => async (done, of) => {
  postMessage({ id, progress: done / of });
  await breathe();
  return !cancelled.has(id);
};

self.onmessage = async ({ data }) => {
  if ("cancel" in data) {
    cancelled.add(data.cancel);
    return;
  }
  const { id, kind, want } = data;
  try {
    const note = data.note && toAudio(data.note);
    const answer = await kinds[kind][want]({ ...data, note }, stepper(id));
    const buffers = Object.values(answer ?? {}).map((value) => value.buffer ?? value);
    postMessage({ id, answer }, { transfer: buffers.filter((value) => value instanceof ArrayBuffer) });
  } catch (error) {
    postMessage({ id, error: error.message });
  }
  cancelled.delete(id);
};
