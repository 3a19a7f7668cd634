/** Random, undo, reset: the ways about among sounds. */
import constants from "../../constants.json" with { type: "json" };
import { makeButton } from "../page/dom.mjs";
import { makeHistory } from "./history.mjs";
import { TIMBRE, defaults } from "./settings.mjs";
import { REACH } from "./timbre_panel.mjs";

const PLACES = ["x", "y", "u", "v"];
const SOUND = [...TIMBRE, "curve"]; // what these buttons change

const timbreOf = (settings) => Object.fromEntries(SOUND.map((name) => [name, settings[name]]));

/** A number as from a standard normal distribution (Box and Muller 1958), within the pad, in tenths. */
function normal() {
  const value = Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  return Math.min(REACH, Math.max(-REACH, Math.round(10 * value) / 10));
}

/** Another sound: a family, and a place as its prior has them. */
function randomSound() {
  const family = constants.families[Math.floor(Math.random() * constants.families.length)];
  return { family, point: "", second: "", morph: 0, ...Object.fromEntries(PLACES.map((name) => [name, normal()])) };
}

/** The buttons at the end of `el`; returns `note()`, to be called after each change of settings. */
export function makeSoundButtons(el, settings) {
  makeButton(el, "Random", () => Object.assign(settings, randomSound()));
  const back = makeButton(el, "Undo", () => Object.assign(settings, history.undo()));
  makeButton(el, "Reset", () => Object.assign(settings, { ...timbreOf(defaults()), own: settings.own }));
  const history = makeHistory(timbreOf(settings), (canUndo) => (back.disabled = !canUndo));
  back.disabled = true;
  return { note: () => history.note(timbreOf(settings)) };
}
