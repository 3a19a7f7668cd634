/** A phrase from its text, see `page/phrase.mjs`. */
import { BASE, MOST_NOTES } from "../page/phrase.mjs";

const LONGEST = 600; // seconds

export const NOTHING = { seconds: 0, notes: [] };

const isWhole = (value, low, high) => Number.isInteger(value) && value >= low && value <= high;

/** A text as a phrase; one that is none, or a part of one, gives what can be read. */
export function readPhrase(text) {
  const [length, ...parts] = text.split("~");
  const ms = parseInt(length, BASE);
  if (!isWhole(ms, 1, 1000 * LONGEST)) return NOTHING;
  const notes = [];
  for (const part of parts.slice(0, MOST_NOTES)) {
    const [midi, velocity, start, lasts] = part.split(".").map((number) => parseInt(number, BASE));
    if (!isWhole(midi, 0, 127) || !isWhole(velocity, 1, 127)) continue;
    if (!isWhole(start, 0, ms) || !isWhole(lasts, 0, 1000 * LONGEST)) continue;
    notes.push({ midi, velocity, start: start / 1000, end: (start + lasts) / 1000 });
  }
  return notes.length ? { seconds: ms / 1000, notes } : NOTHING;
}
