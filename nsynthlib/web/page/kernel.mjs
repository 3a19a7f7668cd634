/** In a notebook: Python computes what it is asked by messages. */

/** How long Python may stay silent before the reader is told why, in milliseconds. */
const PATIENCE = 2000;

const BUSY = "The kernel is busy; the figure follows as soon as it is free.";
const UNANSWERED =
  "The kernel has not answered yet. While it is busy, the figure waits; after a restart, run all cells again.";
const GONE = "The kernel no longer knows this explorer; run all cells again.";

/**
 * Whether a kernel holds this widget. A busy one is as silent as none, but the front end marks what a restart has cut
 * off; a view sees the mark on the widget's layout, which is made and lost together with the widget.
 */
const isHeld = (model) => model.get("layout")?.comm_live !== false;

/** Whether the front end says that the kernel is busy: JupyterLab and Notebook 7 by a status, the classic by a flag. */
const isBusy = ({ widget_manager: manager }) => manager?.kernel?.status === "busy" || !!manager?.notebook?.kernel_busy;

/** Arrays of an answer by their names, from the buffers that follow it. */
export function readArrays(kinds, buffers) {
  const read = ([name, kind], i) => {
    const view = buffers[i];
    const bytes = new Uint8Array(view.buffer ?? view, view.byteOffset ?? 0, view.byteLength);
    return [name, kind === "uint8" ? bytes : new Float32Array(bytes.slice().buffer)];
  };
  return Object.fromEntries(kinds.map(read));
}

/** Jobs that wait for an answer, by their ids. */
class Jobs {
  constructor() {
    this.waiting = new Map();
    this.view = Math.random().toString(36).slice(2); // two views of one widget hear each other's answers
    this.count = 0;
  }

  add(job) {
    const id = `${this.view}-${++this.count}`;
    this.waiting.set(id, job);
    return id;
  }

  /** The job that ends here; undefined where it has ended before, or is another view's. */
  take(id) {
    const job = this.waiting.get(id);
    this.waiting.delete(id);
    clearTimeout(job?.timer);
    return job;
  }

  receive({ id, progress, error, arrays, ...answer }, buffers) {
    if (progress !== undefined) {
      this.waiting.get(id)?.onProgress?.(progress);
      return;
    }
    const job = this.take(id);
    if (error === undefined) job?.resolve({ ...answer, ...readArrays(arrays, buffers) });
    else job?.reject(new Error(error));
  }

  rejectAll(words) {
    for (const id of [...this.waiting.keys()]) this.take(id).reject(new Error(words));
  }
}

/**
 * Asks Python. An aborted job is answered by `null` at once, and Python is told to leave it.
 *
 * @param on `wait(words)` is called where the figure has to wait, `gone(words)` where the kernel has lost the widget, and
 *   `back()` where it has found it again
 */
export function kernelBackend(model, on) {
  const jobs = new Jobs();
  const lose = () => {
    jobs.rejectAll(GONE);
    on.gone(GONE);
  };
  model.on("msg:custom", (answer, buffers) => jobs.receive(answer, buffers));
  // The layout is marked in the same moment, before or after the widget.
  model.on("comm_live_update", () => setTimeout(() => (isHeld(model) ? on.back() : lose())));

  return (want, settings, { own, signal, onProgress }) =>
    new Promise((resolve, reject) => {
      if (!isHeld(model)) throw new Error(GONE);
      const tell = () => (isHeld(model) ? on.wait(isBusy(model) ? BUSY : UNANSWERED) : lose());
      const timer = want === "figure" && setTimeout(tell, PATIENCE);
      const id = jobs.add({ resolve, reject, onProgress, timer });
      model.send({ type: "compute", id, want, settings }, undefined, own ? [own.slice().buffer] : []);
      const cancel = () => {
        if (!jobs.take(id)) return;
        model.send({ type: "cancel", id });
        resolve(null);
      };
      signal?.addEventListener("abort", cancel, { once: true });
    });
}
