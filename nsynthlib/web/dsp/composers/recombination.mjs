/** Recombination, as in `nsynthlib/playing/composers/recombination.py`. */
import { makeRandom } from "../phase.mjs";
import { SCORES, perform, pick, readScore, toPiece } from "./scores.mjs";

const TUNES = SCORES.tunes;

/** Every bar of the tunes: `{ tune, bar, begins, leadsTo }`, where seams are texts and `leadsTo` is `null` at an end. */
function cut() {
  return Object.entries(TUNES).flatMap(([tune, { bars, harmony }]) => {
    const seams = bars.map((bar, i) => `${readScore(bar)[0].pitches[0]} ${harmony[i]}`);
    return seams.map((begins, bar) => ({ tune, bar, begins, leadsTo: seams[bar + 1] ?? null }));
  });
}

/** So many fragments that agree at their seams. */
export function reassemble(bars, seed) {
  const fragments = cut();
  const random = makeRandom(seed);
  const canEnd = [fragments.filter(({ leadsTo }) => leadsTo === null)]; // within so many more bars
  while (canEnd.length < bars) {
    const begun = canEnd.at(-1).map(({ begins }) => begins);
    canEnd.push(fragments.filter(({ leadsTo }) => begun.includes(leadsTo)));
  }
  const made = [];
  for (let left = bars - 1; left >= 0; left--) {
    const last = made.at(-1);
    const fitting = canEnd[left].filter(({ begins, bar }) => (last ? begins === last.leadsTo : bar === 0));
    if (!fitting.length) throw new Error(`no ${bars} bars of these tunes agree at their seams; take another number of them`);
    const fresh = fitting.filter(({ tune }) => last && tune !== last.tune);
    const choice = fresh.length ? fresh : fitting;
    made.push(choice[pick(random, choice.length)]);
  }
  return made;
}

/** A new tune of old bars. */
export function recombination(fragments, { tempo = 160, family = "reed" } = {}) {
  const chords = fragments.flatMap(({ tune, bar }) => readScore(TUNES[tune].bars[bar]));
  return toPiece(perform(chords, family, { tempo }));
}
