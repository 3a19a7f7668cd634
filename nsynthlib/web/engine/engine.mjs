/**
 * The one engine of a page. Every widget imports this module by its address, so the page starts one worker, loads
 * the weights once, and widgets take turns.
 */
import { makeClient } from "./client.mjs";

export { pocketNote } from "./pocket.mjs";

const client = makeClient();

/**
 * Computes in the worker.
 *
 * @param kind "stft", "mel", "sampling", "fourier", "learning", "receptiveField", "note", "morph", "cvae" or
 *   "reconstruction", or the name of a composer's method
 * @param want "figure", `{ rows, cols, cells, hop }` or what else the kind draws; "sound" or "original",
 *   `{ wav, peak, rms, reduction_db }`; of a note, "comparison", the figure of the sound to compare it with; of a
 *   morph, "faded", its sound beside a plain cross-fade; of a fit, "stopped", that of an early stop; of a CVAE and of
 *   reconstructions, "decibels"; of the latter, each way's sound by its name
 * @param settings what the controls say, by the names Python uses
 * @param options `note` (Int16Array) and `sampleRate` of the sound to analyse; `signal`, an AbortSignal;
 *   `onProgress(part)`, from 0 to 1
 * @returns a promise of the answer; of `null` if the job was aborted
 */
export const explore = client.explore;
