/** Canon, as in `nsynthlib/playing/composers/canon.py`. */
import { SCORES, perform, readTune, toPiece } from "./scores.mjs";

/** A tune against itself: `delay` beats and `interval` semitones from one voice to the next. */
export function canon(tune, { voices = 3, delay = 8, interval = 0, families = SCORES.canon_families, tempo = 160 } = {}) {
  const chords = readTune(tune);
  const sung = Array.from({ length: voices }, (_, voice) =>
    perform(chords, families[voice % families.length], { tempo, at: voice * delay, transpose: voice * interval }));
  return toPiece(sung.flat());
}
