/** Two workers of the engine that share an instrument's notes. */
import { makeClient } from "../engine/client.mjs";

const MOST = 2; // each holds the decoder, which takes about 60 MB

const among = (pool, weight) => pool.reduce((best, one) => (weight(one) < weight(best) ? one : best));

/** Gives `load(onProgress)`; `grow(onGrown)`; `ask(want, settings, options)`, where `settings.urgent` goes first; `size`, `close`. */
export function makeWorkers() {
  const first = { client: makeClient(), jobs: 0, urgent: 0 };
  const pool = [first];

  async function ask(want, settings, options) {
    const urgent = settings.urgent ? 1 : 0;
    const one = among(pool, ({ jobs, urgent: hurried }) => jobs + (urgent ? 100 * hurried : 0));
    one.jobs++;
    one.urgent += urgent;
    try {
      return await one.client.explore("instrument", want, settings, options);
    } finally {
      one.jobs--;
      one.urgent -= urgent;
    }
  }

  const load = (onProgress) => first.client.explore("instrument", "load", {}, { onProgress });

  /** Another joins, where there is a core for it, once it has loaded the model; `onGrown` hears of it. */
  async function grow(onGrown) {
    if ((navigator.hardwareConcurrency ?? 1) < MOST) return;
    const one = { client: makeClient(), jobs: 0, urgent: 0 };
    try {
      await one.client.explore("instrument", "load", {});
      pool.push(one);
      onGrown();
    } catch {
      one.client.close(); // a second one that does not start is no fault: the first does all
    }
  }

  return { load, grow, ask, size: () => pool.length, close: () => pool.forEach(({ client }) => client.close()) };
}
