/** The forms that answers take: pictures of one byte a cell, and sounds as files with their levels. */
import { FLOOR_DB, encodeWav, levels } from "../dsp/index.mjs";

/** One byte a cell, 255 where `partOf` the value is 1: all that 256 colours can show. */
export function toCells(values, partOf) {
  const out = new Uint8Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = Math.round(255 * partOf(values[i]));
  return out;
}

export const levelPart = (db) => Math.max(0, 1 - db / FLOOR_DB);

/** Swaps rows and columns: `[rows, cols]` to `[cols, rows]`, written to `out`. */
export function transpose(values, rows, cols, out) {
  for (let r = 0; r < rows; r++) for (let c = 0; c < cols; c++) out[c * rows + r] = values[r * cols + c];
  return out;
}

/** Values that lie frame by frame as a figure of `rows` rows. */
export function asFigure(values, rows, hop, partOf) {
  const cols = values.length / rows;
  return { rows, cols, hop, cells: transpose(toCells(values, partOf), cols, rows, new Uint8Array(rows * cols)) };
}

/** A sound turned down as a whole where it reaches beyond full scale, `fitted`, and `beyond`, by what it was divided. */
export function limitPeak(audio) {
  const beyond = Math.max(1, levels(audio).peak);
  return { fitted: audio.map((value) => value / beyond), beyond };
}

/** A sound as the explorer wants it: a file and its levels. `reduction_db` says by how many decibels it is turned down. */
export function asFile(audio, sampleRate) {
  const { fitted, beyond } = limitPeak(audio);
  const wav = new Uint8Array(encodeWav(fitted, sampleRate));
  return { wav, ...levels(fitted), reduction_db: 20 * Math.log10(beyond) };
}
