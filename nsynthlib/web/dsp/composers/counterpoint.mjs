/** First-species counterpoint, as in `nsynthlib/playing/composers/counterpoint.py`. */
import { makeRandom } from "../phase.mjs";
import { SCORES, perform, pick, toPiece } from "./scores.mjs";

const { pitches: CANTUS, mode: MODE, leading: LEADING } = SCORES.cantus.fux_dorian;
const HIGHEST_ABOVE = 16;
const [TRIES, BEGINNINGS] = [50, 5000];
const [PERFECT, CONSONANT] = [[0, 7], [0, 3, 4, 7, 8, 9]];
const STEPS = [0, 1, 2, 3, 4, 5, 7, 8, 9, 12];

const modulo = (value) => ((value % 12) + 12) % 12;

const interval = (cantus, line, i) => modulo(line[i] - cantus[i]);
const move = (pitches, i) => pitches[i] - pitches[i - 1];

/** No rule forbids a line to stay where it is. */
const isParallel = (cantus, line, i, kind) =>
  i > 0 && move(line, i) !== 0 && interval(cantus, line, i - 1) === kind && interval(cantus, line, i) === kind;

function isDirect(cantus, line, i) {
  if (i === 0 || !PERFECT.includes(interval(cantus, line, i))) return false;
  if (line[i] - cantus[i] === line[i - 1] - cantus[i - 1]) return false;
  return move(cantus, i) * move(line, i) > 0;
}

function isRecovered(line, i) {
  if (i < 2 || Math.abs(move(line, i - 1)) <= 5) return true;
  return move(line, i - 1) * move(line, i) < 0 && Math.abs(move(line, i)) <= 4;
}

function endsWell(cantus, line, i) {
  if (i === cantus.length - 1) return interval(cantus, line, i) === 0;
  return i > 0 || PERFECT.includes(interval(cantus, line, i));
}

/** Each rule by its name: `(cantus, line, i)` says whether the note at a place may stay, given those before it. */
export const RULES = {
  consonance: (cantus, line, i) => CONSONANT.includes(interval(cantus, line, i)),
  above: (cantus, line, i) => line[i] > cantus[i] || (line[i] === cantus[i] && (i === 0 || i === cantus.length - 1)),
  ends: endsWell,
  "parallel fifths": (cantus, line, i) => !isParallel(cantus, line, i, 7),
  "parallel octaves": (cantus, line, i) => !isParallel(cantus, line, i, 0),
  "direct motion": (cantus, line, i) => !isDirect(cantus, line, i),
  singable: (_, line, i) => i === 0 || STEPS.includes(Math.abs(move(line, i))),
  "recovered leap": (_, line, i) => isRecovered(line, i),
  "no repetition": (_, line, i) => i === 0 || line[i] !== line[i - 1],
  cadence: (cantus, line, i) => (modulo(line[i]) === LEADING) === (i === cantus.length - 2),
};

/** Where a line breaks which of all rules: `[rule, place]` each. */
export const brokenRules = (line, cantus = CANTUS) =>
  cantus.flatMap((_, i) => Object.keys(RULES).filter((name) => !RULES[name](cantus, line, i)).map((name) => [name, i]));

/** A line over a cantus of random notes that pass the rules: `{ pitches, generated, beginnings }`. */
export function selectLine(names, seed, cantus = CANTUS) {
  const random = makeRandom(seed);
  const scale = [...MODE, LEADING];
  const above = Array.from({ length: HIGHEST_ABOVE + 1 }, (_, step) => step);
  const offered = cantus.map((low) => above.map((step) => low + step).filter((pitch) => scale.includes(modulo(pitch))));
  let generated = 0;
  for (let beginnings = 1; beginnings <= BEGINNINGS; beginnings++) {
    const line = [];
    for (let tries = 0; tries < TRIES && line.length < cantus.length; tries++) {
      const i = line.length;
      generated++;
      line.push(offered[i][pick(random, offered[i].length)]);
      if (names.every((name) => RULES[name](cantus, line, i))) tries = -1;
      else line.pop();
    }
    if (line.length === cantus.length) return { pitches: line, generated, beginnings };
  }
  throw new Error(`no line passes the rules ${names.join(", ")} over this cantus; leave one of them out`);
}

/** A cantus firmus and the line over it, note against note. */
export function counterpoint(line, { cantus = CANTUS, tempo = 60, families = ["organ", "flute"] } = {}) {
  const sung = [cantus, line].flatMap((pitches, voice) =>
    perform(pitches.map((pitch) => ({ pitches: [pitch], beats: 1 })), families[voice], { tempo, legato: 0.95 }));
  return toPiece(sung);
}
