/**
 * Where answers come from: on a page of the book its own engine, in a notebook Python. Both are asked
 * `ask(want, settings, { own, signal, onProgress })` and give the same answers, `null` to an aborted job; `own` is a
 * sound (Int16Array) in place of the example.
 */
import { kernelBackend, readArrays } from "./kernel.mjs";
import { readSamples } from "./samples.mjs";

/** Whether this is a page of the book, where no kernel runs. */
export const isPage = () => document.documentElement.dataset.content_root !== undefined;

/** Where the book's pages begin, as an address. */
export const bookRoot = () => new URL(document.documentElement.dataset.content_root, document.baseURI);

/**
 * Answers that came with the page, to the settings that the explorer begins with; `null` for all others. With them, the
 * engine is loaded only when a reader moves something.
 */
function storedAnswer(model, want, settings, own) {
  const stored = model.get("stored");
  if (own || !stored[want] || JSON.stringify(settings) !== JSON.stringify(stored.settings)) return null;
  const { arrays, buffers, ...told } = stored[want];
  return { ...told, ...readArrays(arrays, buffers) };
}

/** On a page of the book: its own engine, loaded when first needed. */
function pageBackend(model, readFile) {
  const root = bookRoot();
  const travels = readSamples(model.get("note"));
  const sampleRate = model.get("sample_rate");
  const exampleOf = async (engine, name) => (await readFile(await engine.pocketNote(name), sampleRate)).samples;
  return async (want, settings, { own, ...options }) => {
    const stored = storedAnswer(model, want, settings, own);
    if (stored) return stored;
    const engine = await import(new URL("_static/nsynthlib/engine.mjs", root).href).catch(() => {
      throw new Error(
        location.protocol === "file:"
          ? "A page opened as a file cannot load its engine: run “make serve” and open the address it prints."
          : "The page's engine could not be loaded: check the connection and load the page again.",
      );
    });
    const note = own ?? (settings.example ? await exampleOf(engine, settings.example) : travels);
    return engine.explore(model.get("kind"), want, settings, { note, sampleRate, ...options });
  };
}

/**
 * What this view asks; `on` hears how the kernel fares, see `kernelBackend`, and `readFile` reads the notes that come
 * with a page, for an explorer that has them as examples.
 */
export const makeBackend = (model, on, readFile) => (isPage() ? pageBackend(model, readFile) : kernelBackend(model, on));
