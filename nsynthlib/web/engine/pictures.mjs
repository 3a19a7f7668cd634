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

const bandsOf = ({ n_mels: rows, n_fft: nFft, sample_rate: rate, mel_scale: scale }) =>
  melFilterbank(rows, nFft, rate, scale);

/** A sound as a picture. */
export function toPicture(audio, manifest) {
  const transform = makeSettings(manifest);
  const bands = magnitudeToMel(abs(stft(audio, transform)), bandsOf(manifest));
  const { n_mels: rows, floor_db: floor } = manifest;
  return transpose(toDb(bands, transform, floor), bands.length / rows, rows, new Float32Array(bands.length));
}

/** A picture as a sound, a file; `null` if it was aborted. */
export async function toSound(decibels, manifest, onStep) {
  const { n_mels: rows, n_iter: iterations, samples, sample_rate: rate, floor_db: floor } = manifest;
  const transform = makeSettings(manifest);
  const byFrame = transpose(decibels, rows, decibels.length / rows, new Float64Array(decibels.length));
  const magnitude = melToMagnitude(fromDb(byFrame, transform, floor), bandsOf(manifest));
  const audio = await magnitudeToAudio(magnitude, transform, samples, { iterations, onStep });
  return audio && asFile(audio, rate);
}

/** A picture as it is drawn. */
export function drawPicture(decibels, { n_mels: rows, hop_length: hop, sample_rate: rate, mel_scale: scale }) {
  const corners = Float32Array.from(melCorners(rows, 0, rate / 2, scale));
  return { rows, cols: decibels.length / rows, hop: hop / rate, cells: toCells(decibels, levelPart), corners };
}
