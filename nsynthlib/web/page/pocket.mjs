/** The notes that come with the book, each loaded when it is first asked for. */
import { readSound } from "./sound_file.mjs";

/** `(name)` to a promise of its samples (Int16Array); they lie beside the page's engine, whose address is given. */
export function pocketFrom(engine, rate) {
  const loaded = new Map();
  async function load(name) {
    const found = await fetch(new URL(`pocket/${name}.flac`, engine)).catch(() => ({ ok: false }));
    if (!found.ok) throw new Error(`The note ${name} could not be loaded: check the connection and choose it again.`);
    return (await readSound(await found.blob(), rate)).samples;
  }
  return async (name) => {
    if (!loaded.has(name)) loaded.set(name, await load(name));
    return loaded.get(name);
  };
}
