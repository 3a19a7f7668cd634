/** Dice music, as in `nsynthlib/playing/composers/dice.py`. */
import { makeRandom } from "../phase.mjs";
import { SCORES, perform, pick, readScore, toPiece } from "./scores.mjs";

const { table: TABLE, measures: MEASURES } = SCORES.dice;
const PLACES = 16;
const SIXTEENTHS = 6;

/** Sixteen throws of two dice: `[first, second, measure]` each. */
export function throwDice(seed) {
  const random = makeRandom(seed);
  return Array.from({ length: PLACES }, (_, place) => {
    const [first, second] = [1 + pick(random, 6), 1 + pick(random, 6)];
    return [first, second, TABLE[first + second - 2][place]];
  });
}

/** A waltz by dice; `tempo` in eighths a minute. */
export function dice(seed = 0, { tempo = 180, family = "keyboard" } = {}) {
  const notes = throwDice(seed).flatMap(([, , measure], place) =>
    MEASURES[measure - 1].split("|").flatMap((voice) =>
      perform(readScore(voice), family, { tempo: 2 * tempo, at: SIXTEENTHS * place })));
  return toPiece(notes);
}
