/**
 * The pictures and the sounds below an explorer's controls.
 *
 * It shows and never computes: on a page of the book the page's engine does, in a notebook Python does. An explorer is
 * a file of its own in `views/` that gives `explorer` what is special about its kind; Python lays what it imports
 * into one file (`nsynthlib/widgets/modules.py`), since a notebook has no place to import from.
 */
import { makeBackend } from "./backend.mjs";
import { keepKeys } from "./controls.mjs";
import { make } from "./dom.mjs";
import { makeRunner } from "./runner.mjs";
import { readSettings } from "./settings.mjs";

/** A player with its name; `key` tells what it holds. */
function makePlayer(el, { want, label, needs = (settings) => settings, shown = () => true }, settings) {
  const place = make(el, "figure", "nn-heard");
  make(place, "figcaption", "", { "aria-hidden": "true" }, label);
  const audio = make(place, "audio", "nn-audio", { controls: "", "aria-label": label });
  place.hidden = !shown(settings, false);
  return { want, label, needs, shown, place, audio, key: null, levels: null };
}

/** A panel that is there while a reader's own sound is, to compare what the explorer makes with it. */
function makeComparison(el, model, { name, panel }) {
  const place = make(el, "div", "nn-comparison", { hidden: "" });
  make(place, "p", "nn-comparison-name", {}, name);
  return { name, place, ...panel(place, model) };
}

/** The parts of a view, from its piano keys and pictures down to its words. */
function build(el, model, { panels, sounds, comparison, keyboard, compact }) {
  const keys = keyboard && make(el, "div", "nn-keyboard");
  const several = panels.length > 1 ? ` nn-several${compact ? " nn-compact" : ""}` : "";
  const figures = make(el, "div", `nn-figures${several}`);
  const shown = panels.map((panel) => panel(make(figures, "div", "nn-panel"), model));
  const own = comparison && makeComparison(el, model, comparison);
  const progress = make(el, "progress", "nn-progress", { max: "1", "aria-label": "Computing the sound" });
  const heard = make(el, "div", "nn-sounds");
  const players = sounds.map((sound) => makePlayer(heard, sound, readSettings(model)));
  const status = make(el, "p", "nn-status", { role: "status", "aria-live": "polite" });
  return { keys, panels: shown, comparison: own, progress, players, status };
}

/**
 * The module of an explorer.
 *
 * @param kind `panels`: spectrograms and plots, smaller ones where it is `compact`; `sounds`: `{ want, label, needs,
 *   shown }` each, of which `needs(settings)` is what it depends on, and `shown(settings, isOwn)` says whether it is
 *   there; `describe(settings, figure, rate, samples, isOwn)`, in words; `idle(settings)`: names of the settings that
 *   move nothing beside the others; `ownSound`: what `ownSoundFor` gives, where there is a place for a reader's own
 *   sound; `comparison`: `{ name, panel }` to show that sound in; `keyboard(el, keys, model, panels)`, where something is
 *   to be played, which gives what ends it; `follow(el, model)`, where settings follow the sound: `{ take, end }`, of
 *   which `take(samples)` gives a reader's own sound as it is to be analysed
 */
export const explorer = (kind) => ({
  render({ model, el }) {
    el.classList.add("nn-view");
    keepKeys(el);
    const parts = build(el, model, kind);
    const { run, use, tend, keys, stop } = makeRunner(model, el, parts, kind, (on) => makeBackend(model, on, kind.ownSound?.read));
    const { take, end } = kind.follow?.(el, model) ?? { take: (samples) => samples, end: () => {} };
    const endRecording = kind.ownSound?.place(el, model, (samples) => use(take(samples))) ?? (() => {});
    const endPlaying = parts.keys ? kind.keyboard(parts.keys, keys, model, parts.panels) : () => {};

    const events = model.get("settings").map((name) => `change:${name}`);
    for (const event of events) model.on(event, run);
    const resized = new ResizeObserver(() => {
      tend(); // the controls are on the page as soon as this is
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
      end();
      endRecording();
      endPlaying();
      stop();
      for (const { audio } of parts.players) URL.revokeObjectURL(audio.src);
    };
  },
});
