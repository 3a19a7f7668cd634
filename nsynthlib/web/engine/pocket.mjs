/** The notes that come with the book, each loaded when it is first asked for. */
import { readSound } from "../page/sound_file.mjs";

const loaded = new Map();

async function load(name, rate) {
  const found = await fetch(new URL(`pocket/${name}.flac`, import.meta.url)).catch(() => ({ ok: false }));
  if (!found.ok) throw new Error(`The note ${name} could not be loaded: check the connection and choose it again.`);
  return (await readSound(await found.blob(), rate)).samples;
}

/** Samples (Int16Array) of the note `name` at `rate`. */
export async function pocketNote(name, rate) {
  if (!loaded.has(name)) loaded.set(name, await load(name, rate));
  return loaded.get(name);
}
