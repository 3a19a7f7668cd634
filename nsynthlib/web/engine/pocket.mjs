/** The notes that come with the book, each loaded when it is first asked for. */
import { fetchFile } from "./fetching.mjs";

const loaded = new Map();

async function load(name) {
  const found = await fetchFile(new URL(`pocket/${name}.flac`, import.meta.url)).catch(() => {
    throw new Error(`The note ${name} could not be loaded: check the connection and choose it again.`);
  });
  return found.blob();
}

/** The file of the note `name`, a Blob. */
export async function pocketNote(name) {
  if (!loaded.has(name)) loaded.set(name, await load(name));
  return loaded.get(name);
}
