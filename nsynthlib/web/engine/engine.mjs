/**
 * The one engine of a page. Every widget imports this module by its address, so the page starts one worker, loads
 * the weights once, and widgets take turns.
 */

export { pocketNote } from "./pocket.mjs";

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

/**
 * Computes in the worker.
 *
 * @param kind "stft", "mel", "sampling", "fourier", "learning", "note", "morph", "cvae" or "reconstruction"
 * @param want "figure", `{ rows, cols, cells, hop }` or what else the kind draws; "sound" or "original",
 *   `{ wav, peak, rms, reduction_db }`; of a note, "comparison", the figure of the sound to compare it with; of a
 *   morph, "faded", its sound beside a plain cross-fade; of a fit, "stopped", that of an early stop; of a CVAE and of
 *   reconstructions, "decibels"; of the latter, each way's sound by its name
 * @param settings what the controls say, by the names Python uses
 * @param options `note` (Int16Array) and `sampleRate` of the sound to analyse; `signal`, an AbortSignal;
 *   `onProgress(part)`, from 0 to 1
 * @returns a promise of the answer; of `null` if the job was aborted
 */
export function explore(kind, want, settings, { note = null, sampleRate = null, signal, onProgress } = {}) {
  if (!worker) start();
  const id = ++count;
  signal?.addEventListener("abort", () => waiting.has(id) && worker.postMessage({ cancel: id }), { once: true });
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject, onProgress });
    worker.postMessage({ id, kind, want, settings, note, sampleRate });
  });
}
