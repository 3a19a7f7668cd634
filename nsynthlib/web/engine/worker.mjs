/**
 * The page's sound engine, off the main thread. A message `{ id, kind, want, settings, note }` is a job; the answer is
 * `{ id, answer }`, `{ id, error }`, or `{ id, answer: null }` where `{ cancel: id }` came first. `{ id, progress }`
 * reports the part done, from 0 to 1.
 */
import { answers } from "./answers.mjs";

/** Samples of 16 bits as amplitudes. */
function toAudio(samples) {
  const out = new Float64Array(samples.length);
  for (let n = 0; n < out.length; n++) out[n] = samples[n] / 32768;
  return out;
}

const cancelled = new Set();

/** Lets waiting messages in; a timer would sleep for at least 4 ms each time. */
const breathe = () =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });

/** A job's `onStep`: reports, lets messages in, and says whether to go on. */
const stepper = (id) => async (done, of) => {
  postMessage({ id, progress: done / of });
  await breathe();
  return !cancelled.has(id);
};

self.onmessage = async ({ data }) => {
  if ("cancel" in data) {
    cancelled.add(data.cancel);
    return;
  }
  const { id, kind, want } = data;
  try {
    const note = data.note && toAudio(data.note);
    const answer = await answers[kind][want]({ ...data, note }, stepper(id));
    const buffers = Object.values(answer ?? {}).map((value) => value?.buffer ?? value);
    postMessage({ id, answer }, { transfer: buffers.filter((value) => value instanceof ArrayBuffer) });
  } catch (error) {
    postMessage({ id, error: error.message });
  }
  cancelled.delete(id);
};
