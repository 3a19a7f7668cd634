/** A spectrogram while the sound goes on: the STFT and mel bands of `stft.mjs` and `mel.mjs`, column by column. */
import constants from "../../constants.json" with { type: "json" };
import { makeFFT, transform } from "./fft.mjs";
import { magnitudeToMel, melCorners, melFilterbank } from "./mel.mjs";
import { makeWindow } from "./window.mjs";

const { floor_db: LOWEST_DB } = constants;

/** Everything that frames of these settings share; `n_mels` of 0 keeps all bins. */
export function makeAnalysis({ n_fft: nFft, hop_length: hop, window, n_mels: nMels }, rate) {
  const taps = makeWindow(window, nFft);
  const reference = taps.reduce((sum, tap) => sum + tap, 0) / 2;
  const bands = nMels ? melFilterbank(nMels, nFft, rate, "slaney") : null;
  const corners = nMels ? melCorners(nMels, 0, rate / 2, "slaney") : null;
  const work = { fft: makeFFT(nFft), re: new Float64Array(nFft), im: new Float64Array(nFft) };
  return { nFft, hop, taps, reference, bands, corners, rows: nMels || nFft / 2 + 1, ...work };
}

/** Magnitudes of all bins of a frame of `nFft` samples; 1 is a full-scale sine at the centre of a bin. */
function magnitudesOf(frame, { nFft, taps, reference, fft, re, im }) {
  for (let i = 0; i < nFft; i++) re[i] = frame[i] * taps[i];
  im.fill(0);
  transform(fft, re, im);
  const out = new Float64Array(nFft / 2 + 1);
  for (let k = 0; k < out.length; k++) out[k] = Math.sqrt(re[k] * re[k] + im[k] * im[k]) / reference;
  return out;
}

const toLevel = (magnitude) => Math.min(0, Math.max(LOWEST_DB, 20 * Math.log10(Math.max(magnitude, 1e-12))));

/** Decibels of all bins of a frame, of which 0 is full scale; none lies below the floor. */
export const spectrumOf = (frame, analysis) => magnitudesOf(frame, analysis).map(toLevel);

/** A frame as one byte a row, the lowest first: 0 at the floor, 255 at full scale. */
export function levelsOf(frame, analysis) {
  const magnitudes = magnitudesOf(frame, analysis);
  const rows = analysis.bands ? magnitudeToMel(magnitudes, analysis.bands) : magnitudes;
  const out = new Uint8Array(rows.length);
  for (let r = 0; r < out.length; r++) out[r] = Math.round(255 * (1 - toLevel(rows[r]) / LOWEST_DB));
  return out;
}

/** Moves a figure's cells to the left by as many columns as are given, one byte a row each, and appends those. */
function append({ cells, rows, cols }, columns) {
  const kept = cols - columns.length;
  for (let r = 0, at = 0; r < rows; r++, at += cols) {
    cells.copyWithin(at, at + columns.length, at + cols);
    for (let c = 0; c < columns.length; c++) cells[at + kept + c] = columns[c][r];
  }
}

/**
 * The figure of the last `seconds` of `recent`, at first empty. `advance(most)` adds the columns whose frames have come
 * since, as many as that at a time, and tells how many; `sampleAt(moment)` is the sample at the centre of the column at `moment` seconds.
 */
export function makePicture(recent, settings, rate, seconds) {
  const analysis = makeAnalysis(settings, rate);
  const { nFft, hop, rows, corners } = analysis;
  const cols = Math.floor((seconds * rate) / hop) + 1;
  const figure = { rows, cols, hop: hop / rate, rate, corners, cells: new Uint8Array(rows * cols) };
  let next = 0; // number of the column that comes next; the first is centred on sample 0

  function advance(most = cols) {
    const ready = Math.floor((recent.count() - nFft / 2) / hop) + 1;
    const first = Math.max(next, ready - cols);
    const end = Math.min(ready, first + most);
    const columns = [];
    for (let m = first; m < end; m++) columns.push(levelsOf(recent.read(m * hop - nFft / 2, nFft), analysis));
    next = Math.max(next, end);
    append(figure, columns);
    return columns.length;
  }

  const sampleAt = (moment) => (next - cols + Math.min(cols - 1, Math.round((moment * rate) / hop))) * hop;
  return { analysis, figure, advance, sampleAt };
}
