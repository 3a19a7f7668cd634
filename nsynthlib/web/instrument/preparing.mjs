/** Which notes are made ready, and in what order. */
import constants from "../../constants.json" with { type: "json" };
import { HIGHEST, LOWEST } from "../page/piano.mjs";

const [LEAST, MOST] = constants.model_pitches;
const KEYS = HIGHEST - LOWEST + 1;

/** The pitch that the model is asked for, and the cents from there to `midi`. */
export function reachable(midi) {
  const pitch = Math.max(LEAST, Math.min(MOST, midi));
  return { pitch, cents: 100 * (midi - pitch) };
}

/** Keys of the keyboard, which stands `octave` octaves higher, that the model reaches. */
export function keysAt(octave) {
  const keys = Array.from({ length: KEYS }, (_, i) => LOWEST + 12 * octave + i);
  return keys.filter((midi) => midi >= LEAST && midi <= MOST);
}

/** Remembers what was played; `wanted(octave, layer)` lists `[midi, layer]` from what was played last outwards. */
export function makeOrder() {
  let last = null;
  let layers = []; // that were played, the newest first
  return {
    played(midi, layer) {
      last = midi;
      layers = [layer, ...layers.filter((one) => one !== layer)];
    },
    wanted(octave, layer) {
      const keys = keysAt(octave);
      const from = last ?? LOWEST + 12 * octave + (KEYS - 1) / 2;
      const near = [...keys].sort((a, b) => Math.abs(a - from) - Math.abs(b - from));
      return [...new Set([layers[0] ?? layer, layer, ...layers])].flatMap((one) => near.map((midi) => [midi, one]));
    },
  };
}
