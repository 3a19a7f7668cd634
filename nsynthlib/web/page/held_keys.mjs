/** Keys that are down, the pedal, and how long each key waited for its sound. */
import { wake } from "./waking.mjs";

const LATENCIES = 500; // that are remembered

/**
 * @param context whose clock counts
 * @param voices `start(note, { gain, cents, when })` gives a voice, `release(voice, when)` ends it
 * @param find `(midi, velocity)` gives how a key is to sound, `{ gain, cents, ready, get }`: its note if that is there,
 *   and what gives a promise of `{ note, gain }`, where `note` is `null` if none is to sound
 * @param emit hears of "noteon" and "noteoff", `{ midi, velocity, time }`, and of "error", a line for the reader
 * @param most keys that are down at once; one more lifts the oldest
 * @returns `noteOn(midi, velocity, at)`, `noteOff(midi)`, `pedal(down)`, `allOff()`, and `latencies()`,
 *   `{ ms, prepared, midi }` from key to start, the newest last
 */
export function makeHeldKeys({ context, voices, find, emit = () => {}, most = Infinity }) {
  const held = new Map(); // MIDI number to what sounds, or waits for its note
  const sustained = new Set(); // MIDI numbers whose keys are up while the pedal is down
  const latencies = [];
  let isDown = false; // the pedal

  function start(key, note, gain, prepared) {
    key.voice = voices.start(note, { gain, cents: key.cents, when: context.currentTime });
    latencies.push({ ms: performance.now() - key.began, prepared, midi: key.midi });
    if (latencies.length > LATENCIES) latencies.shift();
    emit("noteon", { midi: key.midi, velocity: key.velocity, time: key.voice.when });
    if (key.ended !== undefined) release(key, (key.ended - key.began) / 1000);
  }

  /** Releases a key's voice, `wait` seconds from now: one that waited for its note is heard as long as it was down. */
  function release(key, wait = 0) {
    const time = context.currentTime + wait;
    voices.release(key.voice, time);
    emit("noteoff", { midi: key.midi, velocity: key.velocity, time });
  }

  function lift(midi) {
    const key = held.get(midi);
    held.delete(midi);
    sustained.delete(midi);
    if (!key) return;
    key.ended = performance.now();
    if (key.voice) release(key);
  }

  /** Starts a key's note when it is there; what goes wrong is told by whoever makes notes. */
  async function wait(key, get) {
    const { note, gain } = await get().catch(() => ({ note: null }));
    if (note) start(key, note, gain, false);
    else if (held.get(key.midi) === key) held.delete(key.midi);
  }

  /** Presses a key with a velocity from 1 to 127; `at` is when that was, by the clock of `performance`. */
  function noteOn(midi, velocity, at = performance.now()) {
    lift(midi);
    if (held.size >= most) lift(held.keys().next().value);
    wake(context, (words) => emit("error", words));
    const { cents, gain, ready, get } = find(midi, velocity);
    const key = { midi, velocity, cents, began: at };
    held.set(midi, key);
    if (ready) start(key, ready, gain, true);
    else wait(key, get);
  }

  function noteOff(midi) {
    if (isDown && held.has(midi)) sustained.add(midi);
    else lift(midi);
  }

  function pedal(down) {
    isDown = down;
    if (!down) [...sustained].forEach(lift);
  }

  function allOff() {
    isDown = false;
    [...held.keys()].forEach(lift);
  }

  return { noteOn, noteOff, pedal, allOff, latencies: () => [...latencies] };
}
