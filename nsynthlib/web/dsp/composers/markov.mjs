/** Markov chains, as in `nsynthlib/playing/composers/markov.py`. */
import { makeRandom } from "../phase.mjs";
import { perform, pick, readTune, toPiece } from "./scores.mjs";

const keyOf = (chords) => chords.map(({ pitches, beats }) => `${pitches.join("+")}:${beats}`).join(" ");

/** What followed every `order` notes of a tune, by `keyOf`; after its end the tune begins again. */
function learn(tune, order) {
  const ring = [...tune, ...tune.slice(0, order)];
  const table = new Map();
  for (let place = 0; place < tune.length; place++) {
    const key = keyOf(ring.slice(place, place + order));
    table.set(key, [...(table.get(key) ?? []), ring[place + order]]);
  }
  return table;
}

/** So many notes; `choices` is how many different notes could have come at each one that was drawn. */
export function walk(tune, order, notes, seed) {
  const table = learn(tune, order);
  const random = makeRandom(seed);
  const [chords, choices] = [tune.slice(0, order), []];
  while (chords.length < notes) {
    const following = table.get(keyOf(chords.slice(-order)));
    chords.push(following[pick(random, following.length)]);
    choices.push(new Set(following.map((chord) => keyOf([chord]))).size);
  }
  return { chords: chords.slice(0, notes), choices };
}

/** A melody by a chain of the given order. */
export function markov(tune, order, seed, { notes = 32, tempo = 180, family = "flute" } = {}) {
  return toPiece(perform(walk(readTune(tune), order, notes, seed).chords, family, { tempo }));
}
