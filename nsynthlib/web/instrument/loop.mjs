/** A short looper: a first layer, others over it while it goes round, and the last one taken back. */
import { NOTHING } from "./phrase_reader.mjs";

const SHORTEST = 0.25; // seconds of a loop
const BRIEFEST = 0.02; // seconds of a note
const EVERY = 5; // milliseconds between looks at what is due

/** A recorder of one layer; a note begins at the place that `at` gives. */
function makeTake(clock, at) {
  const down = new Map(); // key to note
  const notes = [];
  const noteOff = (midi) => {
    const played = down.get(midi);
    if (!played) return;
    const { begun, ...note } = played;
    down.delete(midi);
    notes.push({ ...note, end: note.start + Math.max(BRIEFEST, clock() - begun) });
  };
  const noteOn = (midi, velocity) => {
    noteOff(midi);
    down.set(midi, { midi, velocity, start: at(), begun: clock() });
  };
  const finish = () => [...down.keys()].forEach(noteOff);
  return { noteOn, noteOff, finish, notes };
}

/** What happens when in a loop, in order: a note that reaches over its end is lifted after the next beginning. */
function momentsOf(notes, seconds) {
  const moments = notes.flatMap(({ midi, velocity, start, end }) => [
    { at: start % seconds, midi, velocity },
    { at: Math.min(end, start + seconds - 0.01) % seconds, midi, velocity: 0 },
  ]);
  return moments.sort((a, b) => a.at - b.at || a.velocity - b.velocity);
}

/** Goes round from now on: `play(midi, velocity)`, of which 0 ends a note, until the answer is called. */
function goRound(clock, seconds, notesNow, play) {
  const begun = clock();
  let last = -1e-9; // seconds since the beginning up to which all has been played
  let timer = 0;
  const tick = () => {
    const now = clock() - begun;
    const moments = momentsOf(notesNow(), seconds);
    for (let round = Math.max(0, Math.floor(last / seconds)); round <= now / seconds; round++) {
      for (const { at, midi, velocity } of moments) {
        const due = round * seconds + at;
        if (due > last && due <= now) play(midi, velocity);
      }
    }
    last = now;
    timer = setTimeout(tick, EVERY);
  };
  tick();
  return { stop: () => clearTimeout(timer), at: () => clock() - begun };
}

/**
 * @param clock gives seconds
 * @param play `(midi, velocity)`, of which 0 ends a note: what the loop plays
 * @param onChange hears of each change of state or notes
 * @returns what the buttons do: `record()` and `go()`, which also end what they began; `undo()`, `clear()`,
 *   `load(phrase)`; `phrase()`; `state()`, "empty", "recording", "stopped", "playing" or "overdubbing"; and
 *   `noteOn(midi, velocity)`, `noteOff(midi)`, which hear what is played
 */
export function makeLoop(clock, play, onChange) {
  let layers = [];
  let seconds = 0;
  let take = null;
  let round = null; // what goes round
  let first = null; // when the first note of a first layer was played
  const sounding = new Set();

  const notes = () => [...layers.flat(), ...(take && round ? take.notes : [])];
  const state = () => {
    if (take) return round ? "overdubbing" : "recording";
    if (round) return "playing";
    return layers.length ? "stopped" : "empty";
  };

  function sound(midi, velocity) {
    if (velocity) sounding.add(midi);
    else sounding.delete(midi);
    play(midi, velocity);
  }

  function finishTake() {
    if (!take) return;
    take.finish();
    if (!layers.length) seconds = first === null ? 0 : Math.max(SHORTEST, clock() - first);
    if (take.notes.length) layers.push(take.notes);
    take = null;
  }

  function halt() {
    round?.stop();
    round = null;
    for (const midi of [...sounding]) sound(midi, 0);
  }

  const begin = () => layers.length && (round = goRound(clock, seconds, notes, sound));

  function sinceFirst() {
    first ??= clock();
    return clock() - first;
  }

  /** A change of state, told once it is done. */
  const told = (act) => (...given) => {
    act(...given);
    onChange();
  };

  const record = told(() => {
    if (take) return finishTake();
    if (layers.length && !round) begin();
    first = null;
    take = makeTake(clock, () => (round ? round.at() % seconds : sinceFirst()));
  });
  const go = told(() => {
    finishTake();
    if (round) halt();
    else begin();
  });
  const undo = told(() => {
    if (take) take = null;
    else layers.pop();
    if (!layers.length) halt();
  });
  const clear = told(() => {
    take = null;
    halt();
    layers = [];
  });
  const load = told((phrase) => {
    take = null;
    halt();
    layers = phrase.notes.length ? [phrase.notes] : [];
    seconds = phrase.seconds;
  });

  const phrase = () => (layers.length ? { seconds, notes: layers.flat().sort((a, b) => a.start - b.start) } : NOTHING);
  return {
    record, go, undo, clear, load, phrase, state,
    noteOn: (midi, velocity) => take?.noteOn(midi, velocity),
    noteOff: (midi) => take?.noteOff(midi),
  };
}
