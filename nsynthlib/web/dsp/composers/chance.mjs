/** Chance, as in `nsynthlib/playing/composers/chance.py`. */
import { makeRandom } from "../phase.mjs";
import { LONGEST, SCORES, pick, toPiece } from "./scores.mjs";

const { sounds: SOUNDS, beats: BEATS, velocities: VELOCITIES } = SCORES.cage;
const { families: FAMILIES, pitches: PITCHES } = SCORES.xenakis;
const [SHORTEST, LONGEST_NOTE] = [0.1, 2]; // seconds

/** A number from 0 to 63: six lines, each by three coins. */
function hexagram(random) {
  let number = 0;
  for (let line = 0; line < 6; line++) {
    let total = 0;
    for (let coin = 0; coin < 3; coin++) total += random() < 0.5 ? 3 : 2;
    number += (total % 2) * 2 ** line;
  }
  return number;
}

/** Sounds and silences by coins. */
export function cage(events, seed, { tempo = 120, family = "keyboard" } = {}) {
  const random = makeRandom(seed);
  const beat = 60 / tempo;
  const notes = [];
  let at = 0;
  for (let event = 0; event < events; event++) {
    const [sound, length, loudness] = [hexagram(random), hexagram(random), hexagram(random)];
    const beats = BEATS[length % BEATS.length];
    const pitch = SOUNDS[sound];
    const velocity = VELOCITIES[loudness % VELOCITIES.length];
    if (pitch !== null) notes.push({ start: at * beat, end: (at + beats) * beat, pitch, velocity, family });
    at += beats;
  }
  return toPiece(notes);
}

/** How many events a cell holds where `mean` are expected. */
function poisson(random, mean) {
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count++;
  return count;
}

/** `[family, start, events]` of each cell. */
export function densityPlan(density, cells, seconds, seed) {
  const random = makeRandom(seed);
  const mean = density * seconds;
  return FAMILIES.flatMap((_, family) =>
    Array.from({ length: cells }, (_, cell) => [family, cell * seconds, poisson(random, mean)]));
}

const milliseconds = (seconds) => Math.floor(1000 * seconds + 0.5);

/** A cloud of sounds with a given mean density. */
export function xenakis(density = 2, cells = 8, seconds = 1.5, seed = 0) {
  const random = makeRandom(seed + 1);
  const notes = [];
  for (const [family, start, events] of densityPlan(density, cells, seconds, seed)) {
    for (let event = 0; event < events; event++) {
      const at = milliseconds(start + seconds * random());
      const drawn = -Math.log(1 - random()) / density;
      const lasts = milliseconds(Math.min(Math.max(drawn, SHORTEST), LONGEST_NOTE));
      const pitch = PITCHES[family][pick(random, PITCHES[family].length)];
      const end = Math.min((at + lasts) / 1000, LONGEST);
      notes.push({ start: at / 1000, end, pitch, velocity: 90, family: FAMILIES[family] });
    }
  }
  return toPiece(notes);
}
