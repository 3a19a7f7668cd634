/** A worker of the engine, and who waits for its answers. */

/** Starts a worker when it is first asked something. Gives `explore(kind, want, settings, options)` and `close()`. */
export function makeClient() {
  let worker = null;
  let count = 0;
  const waiting = new Map();

  /** Gives the worker's message to whoever asked. */
  function receive({ data: { id, progress, answer, error } }) {
    const job = waiting.get(id);
    if (progress !== undefined) {
      job?.onProgress?.(progress);
      return;
    }
    waiting.delete(id);
    if (error === undefined) job?.resolve(answer);
    else job?.reject(new Error(error));
  }

  /** The worker itself could not be loaded or died: everyone hears of it, and the next job starts another. */
  function fail(event) {
    worker = null;
    const error = new Error(event.message ?? "the page's engine could not be loaded");
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  }

  function start() {
    worker = new Worker(new URL("./worker.mjs", import.meta.url), { type: "module" });
    worker.onmessage = receive;
    worker.onerror = fail;
  }

  function explore(kind, want, settings, { note = null, sampleRate = null, signal, onProgress } = {}) {
    if (!worker) start();
    const id = ++count;
    signal?.addEventListener("abort", () => waiting.has(id) && worker.postMessage({ cancel: id }), { once: true });
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject, onProgress });
      worker.postMessage({ id, kind, want, settings, note, sampleRate });
    });
  }

  function close() {
    worker?.terminate();
    fail({ message: "the page's engine was closed" });
  }

  return { explore, close };
}
