/**
 * The instrument without its page: settings, notes that are made ready in workers, and voices.
 *
 * Notes are made by the decoder in workers, each held as `dsp/sustain.mjs` says, and kept as AudioBuffers; what is near
 * to the key that was played last comes first. A key whose note is ready sounds at once; of one that is not, the note is
 * made before all others.
 */
import constants from "../../constants.json" with { type: "json" };
import { layerAndGain } from "../dsp/sustain.mjs";
import { readManifest } from "../engine/manifest.mjs";
import { makeHeldKeys } from "../page/held_keys.mjs";
import { makeEvents } from "./events.mjs";
import { refusePoint, toldOf } from "./latent.mjs";
import { makeOutput } from "../page/output.mjs";
import { makeOrder, keysAt, reachable } from "./preparing.mjs";
import { renderVoices } from "../page/rendering.mjs";
import { TIMBRE, curved, observe, toLink } from "./settings.mjs";
import { makeStore } from "./store.mjs";
import { writeVector } from "./vector_text.mjs";
import { FINE_RATE, makeVoices, toPlayable } from "../page/held_voices.mjs";
import { makeWorkers } from "./workers.mjs";

const { velocity_layers: LAYERS } = constants.playing;
const layerOf = (velocity) => layerAndGain(velocity).layer;

/** What a browser must be able to do; throws a line for a reader where it is not. */
function checkBrowser() {
  const needs = (name, words) => {
    if (globalThis[name] === undefined) throw new Error(words);
  };
  needs("AudioContext", "This browser lets no page make sound: Web Audio is missing.");
  needs("WebAssembly", "WebAssembly is switched off in this browser, and the model needs it to run.");
}

/** The notes of an instrument: `store`, and what keeps it in step with the settings. */
function makeNotes(settings, workers, order, emit) {
  let manifest = null;
  let loaded = false;
  let first = () => {};
  const made = new Promise((resolve) => (first = resolve)); // the first note of all

  async function ask({ pitch, velocity, urgent }, signal) {
    manifest ??= await readManifest();
    const told = toldOf(manifest, settings);
    const note = await workers.ask("note", { ...told, pitch, velocity, urgent }, { signal });
    return note && toPlayable(note);
  }

  const wanted = () => order.wanted(settings.octave, layerOf(settings.velocity));
  const room = () => (loaded ? workers.size() : 0);
  const isReady = (midi) => store.ready(midi, layerOf(settings.velocity), LAYERS) !== null;
  const prepared = () => keysAt(settings.octave).filter(isReady);
  const onReady = () => {
    const ready = prepared();
    if (ready.length) first();
    emit("prepared", ready);
  };
  const store = makeStore({ ask, room, wanted, onReady, onError: (message) => emit("error", message) });

  async function load(onManifest) {
    emit("progress", 0);
    manifest = await readManifest();
    onManifest(manifest);
    await workers.load((part) => emit("progress", 0.95 * part));
    loaded = true;
    store.fill();
    await made;
    emit("progress", 1);
    workers.grow(store.fill);
  }

  return { store, prepared, load, about: () => manifest };
}

/** What may be chosen of each family: names of its directions' ends, and of its points. */
function timbresOf({ families, models }) {
  const told = ({ ends, points = [] }) => ({ ends, points: points.map(({ name }) => name) });
  return Object.fromEntries(families.map((family, i) => [family, told(models.cvae.pads[i])]));
}

/**
 * An instrument.
 *
 * @param settings those that are to be set at first, the others are `defaults()`; a wrong one throws an `Error`
 * @param onStatus hears in words how loading goes
 * @returns `ready`, a promise that is kept when a first note can be played; `settings`, read and written;
 *   `noteOn(midi, velocity, at)`, `noteOff(midi)`, `pedal(down)`, `allOff()`; `prepared()`, MIDI numbers whose notes are
 *   ready; `latencies()`, `{ ms, prepared, midi }` from key to `start()`, the newest last; `context`; `output`, an
 *   AudioNode; `on(event, listener)`, which gives what ends it; `noteOf(midi, velocity)`, a promise of the model's note,
 *   Float32Array; `render(events, rate)`, a promise of samples; `link()`, the settings as a link's fragment;
 *   `timbres()`, once ready, `{ [family]: { ends, points } }`; `useOwn(samples, { pitch, family, velocity })`, which
 *   takes a sound (Int16Array, as long as a note) as the point "own"; `close()`
 */
export function makeInstrument({ settings: given = {}, onStatus = () => {} } = {}) {
  checkBrowser();
  const { on, emit } = makeEvents();
  const settings = observe(given, changed);
  const [order, workers] = [makeOrder(), makeWorkers()];
  const context = new AudioContext({ latencyHint: 0 });
  const { input, output } = makeOutput(context);
  const notes = makeNotes(settings, workers, order, emit);
  const { store } = notes;
  const { latencies, ...keys } = makeHeldKeys({ context, voices: makeVoices(context, input), find, emit });

  function changed(_, name) {
    const [manifest, { own }] = [notes.about(), settings];
    if (name === "family" && manifest && refusePoint(manifest, settings, own)) settings.point = ""; // it was another's
    if (TIMBRE.includes(name)) store.change();
    else if (name === "octave" || name === "velocity") store.fill();
    emit("settings", settings);
  }

  /** Loads the model; what it turns out not to have is refused. */
  async function load() {
    await notes.load((manifest) => {
      const refusal = refusePoint(manifest, settings, settings.own);
      if (!refusal) return;
      emit("error", refusal);
      settings.point = "";
    });
  }

  /** How a key is to sound: `{ gain, cents, ready, get }`, of which `ready` is its note if there is one. */
  function find(midi, velocity = settings.velocity) {
    const { pitch, cents } = reachable(midi);
    const heard = curved(velocity, settings.curve);
    const { layer, gain } = layerAndGain(heard);
    order.played(pitch, layer);
    const found = store.ready(pitch, layer, LAYERS);
    const instead = found && layerAndGain(heard, [found.layer]).gain; // of another layer, until this one is ready
    store.fill();
    const get = async () => ({ note: await noteAt(pitch, layer), gain });
    return { cents, gain: instead ?? gain, ready: found?.note, get };
  }

  /** A note as the settings are once it is there, however often they change meanwhile. */
  async function noteAt(pitch, layer, urgent = true) {
    for (;;) {
      const note = await store.get(pitch, layer, urgent);
      if (note) return note;
    }
  }

  async function toRender({ midi, velocity, start, end }) {
    const { pitch, cents } = reachable(midi);
    const { layer, gain } = layerAndGain(curved(velocity, settings.curve));
    return { start, end, note: await noteAt(pitch, layer, false), gain, cents };
  }

  async function useOwn(samples, told) {
    const { z } = await workers.ask("vector", told, { note: samples, sampleRate: constants.sample_rate });
    settings.own = writeVector(z);
    settings.point = "own";
  }

  on("progress", (part) => onStatus(part < 1 ? `Loading the model: ${Math.round(100 * part)} %` : "Ready"));
  const ready = load();
  ready.catch((error) => emit("error", error.message));
  return {
    ready,
    settings,
    ...keys,
    latencies,
    prepared: notes.prepared,
    context,
    output,
    on,
    noteOf: async (midi, velocity) => (await noteAt(reachable(midi).pitch, layerOf(velocity))).note,
    render: async (events, rate = FINE_RATE) => renderVoices(await Promise.all(events.map(toRender)), rate),
    link: () => toLink(settings),
    timbres: () => timbresOf(notes.about()),
    useOwn,
    close() {
      keys.allOff();
      workers.close();
      return context.close();
    },
  };
}
