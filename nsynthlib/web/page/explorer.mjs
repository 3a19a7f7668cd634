/**
 * The pictures and the sounds below an explorer's controls.
 *
 * It shows and never computes: on a page of the book the page's engine does, in a notebook Python does. An explorer is
 * a file of its own in `views/` that gives `explorer` what is special about its kind; Python lays what it imports
 * into one file (`nsynthlib/widgets/modules.py`), since a notebook has no place to import from.
 */
import { makeBackend } from "./backend.mjs";
import { make } from "./dom.mjs";
import { describeLevels } from "./format.mjs";
import { makeOwnSound } from "./own_sound.mjs";
import { drawPlot } from "./plot.mjs";

/**
 * Lines and points, as a panel: `(el, model)` to `{ show(figure, settings, words), repaint() }`. `plotOf(figure,
 * settings, rate)` gives what `drawPlot` draws, and `alt`, the same in words.
 */
export const plotPanel = (plotOf) => (el, model) => {
  const canvas = make(el, "canvas", "nn-plot", { role: "img", "aria-label": "Plot, not computed yet" });
  let shown = null;
  const repaint = () => shown && canvas.clientWidth && drawPlot(canvas, shown);
  function show(figure, settings) {
    shown = plotOf(figure, settings, model.get("sample_rate"));
    canvas.setAttribute("aria-label", shown.alt);
    repaint();
  }
  return { show, canvas, repaint };
};

/** What the controls say, by the names that both engines use. */
function readSettings(model) {
  const choices = model.get("choices");
  const read = (name) => (name in choices ? choices[name][model.get(name)] : model.get(name));
  return Object.fromEntries(model.get("settings").map((name) => [name, read(name)]));
}

/** A player with its name; `key` tells what it holds. */
function makePlayer(el, { want, label, needs = (settings) => settings, onlyOwn = false }) {
  const place = make(el, "figure", "nn-heard");
  make(place, "figcaption", "", { "aria-hidden": "true" }, label);
  const audio = make(place, "audio", "nn-audio", { controls: "", "aria-label": label });
  place.hidden = onlyOwn;
  return { want, label, needs, onlyOwn, place, audio, key: null, levels: null };
}

/** Gives a player a new file; a reader who was listening hears the new sound from the same moment. */
function load(audio, wav) {
  const listening = !audio.paused && !audio.ended;
  const moment = audio.currentTime;
  URL.revokeObjectURL(audio.src);
  audio.src = URL.createObjectURL(new Blob([wav], { type: "audio/wav" }));
  if (listening) {
    audio.currentTime = moment;
    audio.play().catch(() => {}); // the browser may want another click first
  }
}

/** What ipywidgets show beside a slider, its name and its value, said to assistive technology too. */
function nameControls(el) {
  for (const row of el.closest(".nn-explorer")?.querySelectorAll(".widget-inline-hbox") ?? []) {
    const label = row.querySelector(".widget-label");
    if (!label) continue;
    if (label.title === "null") label.removeAttribute("title");
    const readout = row.querySelector(".widget-readout");
    const handle = row.querySelector(".noUi-handle, .ui-slider-handle");
    const said = { role: "slider", "aria-label": label.textContent, "aria-valuetext": readout?.textContent };
    if (handle?.matches(".ui-slider-handle")) said["aria-valuenow"] = said["aria-valuetext"]; // ipywidgets 7 has none
    if (handle) for (const [name, value] of Object.entries(said)) handle.setAttribute(name, value);
    if (!readout?.isContentEditable) continue;
    readout.setAttribute("role", "textbox");
    readout.setAttribute("aria-label", `${label.textContent}, value`);
  }
}

/** A panel that is there while a reader's own sound is, to compare what the explorer makes with it. */
function makeComparison(el, model, { name, panel }) {
  const place = make(el, "div", "nn-comparison", { hidden: "" });
  make(place, "p", "nn-comparison-name", {}, name);
  return { name, place, ...panel(place, model) };
}

/** The parts of a view, from its pictures down to its words. */
function build(el, model, { panels, sounds, comparison }) {
  const figures = make(el, "div", panels.length > 1 ? "nn-figures nn-several" : "nn-figures");
  const shown = panels.map((panel) => panel(make(figures, "div", "nn-panel"), model));
  const own = comparison && makeComparison(el, model, comparison);
  const progress = make(el, "progress", "nn-progress", { max: "1", "aria-label": "Computing the sound" });
  const heard = make(el, "div", "nn-sounds");
  const players = sounds.map((sound) => makePlayer(heard, sound));
  const status = make(el, "p", "nn-status", { role: "status", "aria-live": "polite" });
  return { panels: shown, comparison: own, progress, players, status };
}

/** Computes and shows while the controls move: always the newest settings, the pictures before the sounds. */
function makeRunner(model, el, parts, describe, ask) {
  let wanted = 0;
  let running = false;
  let own = null;
  let sound = new AbortController();

  const state = (name, text) => {
    el.dataset.state = name;
    if (text !== undefined) parts.status.textContent = text;
  };

  /** Brings one player up to date; says whether it is. */
  async function fill(player, settings) {
    const key = JSON.stringify(player.needs(settings));
    if (player.key === key && player.own === own) return true;
    const given = own;
    sound = new AbortController();
    parts.progress.removeAttribute("value"); // until something is known
    const onProgress = (part) => (parts.progress.value = part);
    const answer = await ask(player.want, settings, { own, signal: sound.signal, onProgress });
    if (!answer) return false;
    load(player.audio, answer.wav);
    Object.assign(player, { key, own: given, levels: answer });
    return true;
  }

  async function turn(number, settings) {
    const started = performance.now();
    state("figure");
    const samples = own?.length ?? model.get("note").byteLength / 2;
    const figure = await ask("figure", settings, { own });
    const words = describe(settings, figure, model.get("sample_rate"), samples, own !== null);
    for (const panel of parts.panels) panel.show(figure, settings, words);
    el.dataset.figureMs = (performance.now() - started).toFixed(1);
    if (number !== wanted) return;
    state("sound");
    const players = parts.players.filter(({ place }) => !place.hidden);
    for (const player of players) {
      if (!(await fill(player, settings)) || number !== wanted) return;
    }
    const levels = players.map((player) => `${player.label}: ${describeLevels(player.levels)}.`);
    state("ready", [words, ...levels].join(" "));
  }

  async function run() {
    wanted++;
    sound.abort();
    if (running) return;
    running = true;
    for (let number = 0; number !== wanted; ) {
      number = wanted;
      nameControls(el);
      await turn(number, readSettings(model)).catch((error) => {
        if (number === wanted) state("error", error.message);
      });
      el.dataset.turn = String(number);
    }
    running = false;
    nameControls(el);
  }

  /** Shows what belongs to a reader's own sound, and takes the example's controls away, or the other way round. */
  async function use(samples) {
    own = samples;
    for (const control of el.closest(".nn-explorer")?.querySelectorAll(".nn-of-example") ?? []) control.inert = !!own;
    for (const { place, onlyOwn } of parts.players) if (onlyOwn) place.hidden = !own;
    const { comparison } = parts;
    if (comparison) comparison.place.hidden = !own;
    if (comparison && own) {
      const figure = await ask("comparison", {}, { own });
      if (own === samples) comparison.show(figure, {}, comparison.name);
    }
    return run();
  }
  return { run, use };
}

/**
 * The module of an explorer.
 *
 * @param kind `panels`: spectrograms and plots; `sounds`: `{ want, label, needs, onlyOwn }` each, of which
 *   `needs(settings)` is what it depends on, and `onlyOwn` says that it is there while a reader's own sound is;
 *   `describe(settings, figure, rate, samples, isOwn)`, in words; `ownSound`: what a reader's own sound is for, where
 *   there is a place for one, in words or as `(model)` to words; `comparison`: `{ name, panel }` to show that sound in
 */
export const explorer = (kind) => ({
  render({ model, el }) {
    el.classList.add("nn-view");
    const parts = build(el, model, kind);
    const silence = () => {
      el.dataset.state = "error";
      parts.status.textContent = "No kernel answers: run this cell.";
    };
    const { run, use } = makeRunner(model, el, parts, kind.describe, makeBackend(model, silence));
    const words = typeof kind.ownSound === "function" ? kind.ownSound(model) : kind.ownSound;
    const endRecording = words ? makeOwnSound(el, model.get("sample_rate"), words, use) : () => {};

    const events = model.get("settings").map((name) => `change:${name}`);
    for (const event of events) model.on(event, run);
    const resized = new ResizeObserver(() => {
      nameControls(el); // the controls are on the page as soon as this is
      all.forEach((panel) => panel.repaint());
    });
    const all = [...parts.panels, parts.comparison].filter(Boolean);
    for (const { canvas } of all) resized.observe(canvas);
    const seen = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      seen.disconnect();
      run();
    }, { rootMargin: "300px" });
    seen.observe(el);
    return () => {
      for (const event of events) model.off(event, run);
      resized.disconnect();
      seen.disconnect();
      endRecording();
      for (const { audio } of parts.players) URL.revokeObjectURL(audio.src);
    };
  },
});
