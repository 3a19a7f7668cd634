/**
 * Where answers come from: on a page of the book its own engine, in a notebook Python. Both are asked
 * `ask(want, settings, { own, signal, onProgress })` and give the same answers; `own` is a sound (Int16Array) in
 * place of the example.
 */
import { readSamples } from "./samples.mjs";

/** How long Python may stay silent before the reader is told, in milliseconds. */
const PATIENCE = 5000;

/** Whether this is a page of the book, where no kernel runs. */
export const isPage = () => document.documentElement.dataset.content_root !== undefined;

/** On a page of the book: its own engine, loaded when first needed. */
function pageBackend(model) {
  const root = new URL(document.documentElement.dataset.content_root, document.baseURI);
  const note = readSamples(model.get("note"));
  const sampleRate = model.get("sample_rate");
  return async (want, settings, { own, ...options }) => {
    const engine = await import(new URL("_static/nsynthlib/engine.mjs", root).href).catch(() => {
      throw new Error(
        location.protocol === "file:"
          ? "A page opened as a file cannot load its engine: run “make serve” and open the address it prints."
          : "The page's engine could not be loaded: check the connection and load the page again.",
      );
    });
    return engine.explore(model.get("kind"), want, settings, { note: own ?? note, sampleRate, ...options });
  };
}

/** Arrays of an answer by their names, from the buffers that follow it. */
function readArrays(kinds, buffers) {
  const read = ([name, kind], i) => {
    const view = buffers[i];
    const bytes = new Uint8Array(view.buffer ?? view, view.byteOffset ?? 0, view.byteLength);
    return [name, kind === "uint8" ? bytes : new Float32Array(bytes.slice().buffer)];
  };
  return Object.fromEntries(kinds.map(read));
}

/** In a notebook: Python, by messages. Answers that come late still count. */
function kernelBackend(model, onSilence) {
  const waiting = new Map();
  const self = Math.random().toString(36).slice(2); // two views of one widget hear each other's answers
  let count = 0;
  model.on("msg:custom", ({ id, error, arrays, ...answer }, buffers) => {
    const job = waiting.get(id);
    if (!job) return;
    waiting.delete(id);
    clearTimeout(job.timer);
    if (error === undefined) job.resolve({ ...answer, ...readArrays(arrays, buffers) });
    else job.reject(new Error(error));
  });
  return (want, settings, { own }) =>
    new Promise((resolve, reject) => {
      const id = `${self}-${++count}`;
      const timer = want === "figure" ? setTimeout(onSilence, PATIENCE) : undefined;
      waiting.set(id, { resolve, reject, timer });
      model.send({ type: "compute", id, want, settings }, undefined, own ? [own.slice().buffer] : []);
    });
}

/** What this page asks; `onSilence` is called where no kernel answers. */
export const makeBackend = (model, onSilence) => (isPage() ? pageBackend(model) : kernelBackend(model, onSilence));
