/** The sound: its family, a point to begin from, a place on the pad, and three sliders. */
import constants from "../../constants.json" with { type: "json" };
import { make } from "../page/dom.mjs";
import { capital, fixed, signed } from "../page/format.mjs";
import { padPanel, sayPlace } from "../page/pad.mjs";
import { makeList, makeSlider } from "./fields.mjs";

export const REACH = 2; // standard deviations of the pad, to either side
const PLACE = { min: -REACH, max: REACH, step: 0.1 };
const MIDDLE = { x: 0, y: 0, u: 0, v: 0 };

export const nameOfFamily = (family) => capital(family.replaceAll("_", " "));
export const FAMILIES = constants.families.map((family) => [family, nameOfFamily(family)]);

/** What the pad asks a widget's model for, of settings. */
function asModel(settings) {
  let changed = {};
  return {
    get: (name) => (name === "reach" ? REACH : settings[name]),
    set: (name, value) => (changed[name] = value),
    save_changes() {
      Object.assign(settings, changed);
      changed = {};
    },
  };
}

/** A slider along one of a family's directions, named by its ends; `show(value, ends)`. */
function makeDirection(el, change) {
  let names = ["", ""];
  const slider = makeSlider(el, "", PLACE, (value) => sayPlace(value, names), change);
  return (value, ends) => {
    names = ends;
    slider.rename(capital(`${ends[0]} – ${ends[1]}`));
    slider.show(value);
  };
}

/**
 * The lists and the pad in `main`, the sliders in `more`; `padOf(family)` tells its directions' `ends`, four
 * pairs, and the names of its `points`. Returns `show()`.
 */
export function makeTimbrePanel(main, more, settings, padOf) {
  const lists = make(main, "div", "nn-lists");
  const family = makeList(lists, "Family", FAMILIES, (value) => Object.assign(settings, { family: value, point: keptPoint() }));
  const point = makeList(lists, "Begin from", [], (value) => Object.assign(settings, { point: value, ...MIDDLE }));
  const pad = padPanel(make(main, "div", ""), asModel(settings));
  const directions = ["u", "v"].map((name) => [name, makeDirection(more, (value) => (settings[name] = value))]);
  const breath = makeSlider(more, "Breath", { min: 0, max: 1, step: 0.05 }, (value) => fixed(value, 2), (value) => (settings.texture = value));
  const saysCurve = (value) => (value ? `${signed(value)}, ${value > 0 ? "louder" : "softer"}` : "as played");
  const curve = makeSlider(more, "Velocity curve", { min: -1, max: 1, step: 0.1 }, saysCurve, (value) => (settings.curve = value));
  let listed = null; // what the list of points was filled for

  /** One's own sound is a point of every family; a named point belongs to its own. */
  const keptPoint = () => (settings.point === "own" ? "own" : "");

  function fillPoints({ points = [] }) {
    const now = [settings.family, settings.own].join();
    if (now === listed) return;
    listed = now;
    const own = settings.own ? [["own", "Your own sound"]] : [];
    point.fill([["", "Its middle"], ...own, ...points.map((name) => [name, name])]);
  }

  function show() {
    const told = padOf(settings.family);
    fillPoints(told);
    family.show(settings.family);
    point.show(settings.point);
    pad.show({ ends: told.ends.slice(0, 2) });
    directions.forEach(([name, showIt], i) => showIt(settings[name], told.ends[2 + i]));
    breath.show(settings.texture);
    curve.show(settings.curve);
  }
  return { show };
}
