/** Twelve-tone rows, as in `nsynthlib/playing/composers/twelve_tone.py`. */
import { perform, toPiece } from "./scores.mjs";

const modulo = (value) => ((value % 12) + 12) % 12;

/** One of the forty-eight forms of a row, as twelve pitch classes. */
export function rowForm(row, form, transposed) {
  const notes = row.map((pitch) => modulo((form.includes("I") ? 2 * row[0] - pitch : pitch) + transposed));
  return form.includes("R") ? notes.reverse() : notes;
}

/** The forms of a row in a square: rows are the primes from left to right, columns the inversions. */
export const matrix = (row) =>
  rowForm(row, "I", 0).map((first) => row.map((pitch) => modulo(pitch + first - row[0])));

/** Forms of a row, `[form, transposed]`, one after another. */
export function twelveTone(row, forms, { tempo = 240, lowest = 60, family = "keyboard" } = {}) {
  const chords = forms.flatMap(([form, transposed]) =>
    rowForm(row, form, transposed).map((pitch, place) =>
      ({ pitches: [lowest + modulo(pitch - lowest)], beats: place === 11 ? 2 : 1 })));
  return toPiece(perform(chords, family, { tempo }));
}
