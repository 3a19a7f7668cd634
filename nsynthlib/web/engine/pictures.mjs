/** The models' picture of a sound, `nsynthlib/spectral/log_mel.py`: decibels `[n_mels, frames]`, low bands first. */
import {
  abs,
  fromDb,
  magnitudeToAudio,
  magnitudeToMel,
  makeSettings,
  melCorners,
  melFilterbank,
  melToMagnitude,
  stft,
  toDb,
} from "../dsp/index.mjs";
import { asFile, levelPart, toCells, transpose } from "./forms.mjs";
import { once } from "./once.mjs";

/** The transform and the filterbank of a manifest. */
const toolsOf = once((manifest) => {
  const { n_mels: rows, n_fft: nFft, sample_rate: rate, mel_scale: scale } = manifest;
  return { transform: makeSettings(manifest), bands: melFilterbank(rows, nFft, rate, scale) };
});

/** A sound as a picture. */
export function toPicture(audio, manifest) {
  const { transform, bands: filterbank } = toolsOf(manifest);
  const bands = magnitudeToMel(abs(stft(audio, transform)), filterbank);
  const { n_mels: rows, floor_db: floor } = manifest;
  return transpose(toDb(bands, transform, floor), bands.length / rows, rows, new Float32Array(bands.length));
}

/** The samples of a picture, by so many `iterations`; `null` if it was aborted. Others get their turn between stages. */
export async function toSamples(decibels, manifest, iterations, onStep) {
  const { n_mels: rows, samples, floor_db: floor } = manifest;
  const { transform, bands } = toolsOf(manifest);
  const byFrame = transpose(decibels, rows, decibels.length / rows, new Float64Array(decibels.length));
  const magnitude = melToMagnitude(fromDb(byFrame, transform, floor), bands);
  if (onStep && (await onStep(0, iterations)) === false) return null;
  return magnitudeToAudio(magnitude, transform, samples, { iterations, onStep });
}

/** A picture as a sound, a file; `null` if it was aborted. */
export async function toSound(decibels, manifest, onStep) {
  const audio = await toSamples(decibels, manifest, manifest.n_iter, onStep);
  return audio && asFile(audio, manifest.sample_rate);
}

/** A picture as it is drawn. */
export function drawPicture(decibels, { n_mels: rows, hop_length: hop, sample_rate: rate, mel_scale: scale }) {
  const corners = Float32Array.from(melCorners(rows, 0, rate / 2, scale));
  return { rows, cols: decibels.length / rows, hop: hop / rate, cells: toCells(decibels, levelPart), corners };
}
