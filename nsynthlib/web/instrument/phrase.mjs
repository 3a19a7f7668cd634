/**
 * A phrase: `{ seconds, notes }`, each note `{ midi, velocity, start, end }` with seconds from the beginning. As text it
 * is `LENGTH~midi.velocity.start.length~…`, whole numbers to base 36, times in milliseconds: nothing in it must be escaped in a link.
 */
const BASE = 36;
const MOST_NOTES = 1200; // that a link holds; later ones are left out of it
const LONGEST = 600; // seconds

const toMs = (seconds) => Math.round(1000 * seconds).toString(BASE);

export const NOTHING = { seconds: 0, notes: [] };

/** A phrase as text, "" without notes. */
export function writePhrase({ seconds, notes }) {
  if (!notes.length) return "";
  const write = ({ midi, velocity, start, end }) =>
    [midi.toString(BASE), velocity.toString(BASE), toMs(start), toMs(end - start)].join(".");
  return [toMs(seconds), ...notes.slice(0, MOST_NOTES).map(write)].join("~");
}

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
