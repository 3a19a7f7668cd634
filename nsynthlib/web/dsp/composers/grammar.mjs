/** Grammars, as in `nsynthlib/playing/composers/grammar.py`. */
import { makeRandom } from "../phase.mjs";
import { SCORES, perform, pick, toPiece } from "./scores.mjs";

const { grammar: GRAMMAR } = SCORES;
const MAJOR = [0, 2, 4, 5, 7, 9, 11];
const MOST = 500;

/** `{ words, rewritings }` of a start symbol; a rewriting is `[symbol, depth, alternative]`. */
export function derive(start, seed) {
  const random = makeRandom(seed);
  const [words, rewritings, waiting] = [[], [], [[start, 0]]]; // the leftmost symbol last
  while (waiting.length) {
    const [symbol, depth] = waiting.pop();
    if (!(symbol in GRAMMAR)) {
      words.push(symbol);
      continue;
    }
    if (rewritings.length === MOST) throw new Error(`the grammar still rewrites after ${MOST} rewritings`);
    const alternative = pick(random, GRAMMAR[symbol].length);
    rewritings.push([symbol, depth, alternative]);
    waiting.push(...GRAMMAR[symbol][alternative].map((word) => [word, depth + 1]).reverse());
  }
  return { words, rewritings };
}

/** Words such as "5:1" as notes of the major scale on `tonic`. */
function readDegrees(words, tonic) {
  return words.map((word) => {
    const [degree, beats] = word.split(":").map(Number);
    const octave = Math.floor((degree - 1) / MAJOR.length);
    const step = degree - 1 - MAJOR.length * octave;
    return { pitches: [tonic + 12 * octave + MAJOR[step]], beats };
  });
}

/** The melody that words make. */
export function grammar(words, { tonic = 60, tempo = 160, family = "guitar" } = {}) {
  return toPiece(perform(readDegrees(words, tonic), family, { tempo }));
}
