/** Notes that are ready to be played, and those that are made ready meanwhile. */

const KEPT = 120; // notes; each takes 0.8 MB

const keyOf = (midi, layer) => `${midi}/${layer}`;

/**
 * @param ask `({ pitch, velocity, urgent }, signal)` gives a promise of a held note, or of `null` if it was aborted
 * @param room how many are made at once, as a function
 * @param wanted lists what is to be ready, `[midi, layer]`, the first first
 * @param onReady hears of each note that is ready, and when none is any more
 * @param onError hears of what went wrong; nothing is made ready then until something is asked for
 */
export function makeStore({ ask, room, wanted, onReady, onError }) {
  let notes = new Map(); // key to { making, note, urgent, abort }
  let [running, hurried, broken, due] = [0, 0, false, false];

  function forgetOldest() {
    if (notes.size <= KEPT) return;
    const kept = new Set(wanted().map(([midi, layer]) => keyOf(midi, layer)));
    for (const [key, { note }] of notes) {
      if (notes.size <= KEPT) return;
      if (note && !kept.has(key)) notes.delete(key);
    }
  }

  /** Leaves the notes that are being made and wait for nobody: what is urgent needs the cores. They come again later. */
  function giveUp() {
    for (const [key, { note, urgent, abort }] of notes) {
      if (note || urgent) continue;
      abort.abort();
      notes.delete(key);
    }
  }

  function make(midi, layer, urgent) {
    if (urgent) giveUp();
    const [mine, entry] = [notes, { note: null, urgent, abort: new AbortController() }];
    mine.set(keyOf(midi, layer), entry);
    running++;
    hurried += urgent ? 1 : 0;
    entry.making = ask({ pitch: midi, velocity: layer, urgent }, entry.abort.signal)
      .then((note) => {
        entry.note = note;
        if (mine === notes && note) onReady(midi);
        return note;
      })
      .finally(() => {
        running--;
        hurried -= urgent ? 1 : 0;
        forgetOldest();
        fill();
      });
    entry.making.catch((error) => {
      mine.delete(keyOf(midi, layer));
      if (mine !== notes) return;
      broken = true;
      onError(error.message);
    });
    return entry;
  }

  /** Makes ready what is wanted next, as far as there is room and nothing urgent needs the cores. */
  function fillNow() {
    due = false;
    if (broken || hurried) return;
    for (const [midi, layer] of wanted()) {
      if (running >= room()) return;
      if (!notes.has(keyOf(midi, layer))) make(midi, layer, false);
    }
  }

  /** Does so when all that is to be changed at once has been changed. */
  function fill() {
    if (due) return;
    due = true;
    queueMicrotask(fillNow);
  }

  return {
    fill,
    /** A promise of a note; of `null` where a change or something urgent came first. */
    get(midi, layer, urgent = true) {
      broken = false;
      return (notes.get(keyOf(midi, layer)) ?? make(midi, layer, urgent)).making;
    },
    /** A note that is ready, of the nearest of `layers`, with that `layer`; or `null`. */
    ready(midi, layer, layers) {
      const near = [...layers].sort((a, b) => Math.abs(a - layer) - Math.abs(b - layer));
      const found = near.find((one) => notes.get(keyOf(midi, one))?.note);
      return found === undefined ? null : { layer: found, note: notes.get(keyOf(midi, found)).note };
    },
    /** Forgets all notes: they sound otherwise from now on. What is being made is given up. */
    change() {
      for (const { abort } of notes.values()) abort.abort();
      [notes, broken] = [new Map(), false];
      onReady(null);
      fill();
    },
  };
}
