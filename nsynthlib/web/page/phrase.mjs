/**
 * A phrase as text: how it is written; `instrument/phrase_reader.mjs` reads it.
 *
 * A phrase is `{ seconds, notes }`, each note `{ midi, velocity, start, end }` with seconds from the beginning. As text it
 * is `LENGTH~midi.velocity.start.length~…`, whole numbers to base 36, times in milliseconds: nothing in it must be escaped in a link.
 */
export const BASE = 36;
export const MOST_NOTES = 1200; // that a link holds; later ones are left out of it

const toMs = (seconds) => Math.round(1000 * seconds).toString(BASE);

/** A phrase as text, "" without notes. */
export function writePhrase({ seconds, notes }) {
  if (!notes.length) return "";
  const write = ({ midi, velocity, start, end }) =>
    [midi.toString(BASE), velocity.toString(BASE), toMs(start), toMs(end - start)].join(".");
  return [toMs(seconds), ...notes.slice(0, MOST_NOTES).map(write)].join("~");
}
