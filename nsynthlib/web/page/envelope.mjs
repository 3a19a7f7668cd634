/**
 * An ADSR drawn in decibels over time. Its corners are handles: each moves one of attack, decay, sustain and release,
 * by mouse, finger or keyboard.
 */
import constants from "../../constants.json" with { type: "json" };
import { make, makeSvg } from "./dom.mjs";
import { capital, fixed } from "./format.mjs";

const [FLOOR] = constants.envelope.sustain; // dB, the bottom of the drawing
const POINTS = 240; // of the curve's rise
const APART = 0.4; // seconds between the handles of decay and sustain, at least

/** What each handle moves, and within which limits. */
const HANDLES = Object.fromEntries(
  Object.entries(constants.envelope).map(([name, [low, high]]) => [name, { letter: capital(name[0]), low, high }]),
);

const clamp = (value, { low, high }) => Math.min(high, Math.max(low, value));

/** `value` moved by a number of steps: decibels by one, seconds by a tenth of themselves. */
const stepped = (name, value, steps) =>
  clamp(name === "sustain" ? value + steps : value * 1.1 ** steps, HANDLES[name]);

/** "60 milliseconds", "2.0 seconds", "−6 decibels". */
function say(name, value) {
  if (name === "sustain") return `${fixed(value, 0)} decibels`;
  return value < 1 ? `${Number((1000 * value).toPrecision(2))} milliseconds` : `${fixed(value)} seconds`;
}

/** When the fall reaches the sustain. */
const turning = ({ attack, decay, sustain }) => attack + (decay * sustain) / -60;

/** Where the handles are: seconds and decibels. A fall that takes too long ends in time to leave the next one free. */
function corners({ attack, decay, sustain, release }, held) {
  const turn = Math.min(held - APART, turning({ attack, decay, sustain }));
  return {
    attack: [attack, 0],
    decay: [turn, Math.max(sustain, ((turn - attack) * -60) / decay)],
    sustain: [held, Math.max(sustain, ((held - attack) * -60) / decay)],
    release: [held + (release * (sustain - FLOOR)) / 60, FLOOR],
  };
}

/** The value that puts a handle where the pointer is, at `time` seconds and `db` decibels. */
function pulled(name, time, db, { attack, sustain }, held) {
  const value = {
    attack: time,
    decay: ((time - attack) * 60) / Math.max(1, -sustain),
    sustain: db,
    release: ((time - held) * 60) / Math.max(1, sustain - FLOOR),
  }[name];
  return clamp(value, HANDLES[name]);
}

/** Level in dB at `time`. */
function levelAt(time, { attack, decay, sustain, release }, held) {
  const rise = 40 * Math.log10(Math.max(1e-9, Math.sin((Math.min(1, time / attack) * Math.PI) / 2)));
  const fall = Math.max(sustain, (Math.max(0, time - attack) * -60) / decay);
  return Math.max(FLOOR, rise + fall - (Math.max(0, time - held) * 60) / release);
}

function makeCurve(plot) {
  const stretched = { viewBox: "0 0 1 1", preserveAspectRatio: "none", "aria-hidden": "true" };
  return makeSvg(makeSvg(plot, "svg", stretched), "path");
}

/** The places of a curve's points in time: dense where it rises, and its corners. */
function moments(now, places, held, seconds) {
  const rising = Array.from({ length: POINTS + 1 }, (_, i) => (now.attack * i) / POINTS);
  const rest = [Math.min(held, turning(now)), held, Math.min(places.release[0], seconds), seconds];
  return [...rising, ...rest];
}

/** Moves a handle by keys, as sliders do; null for another key. */
function byKey(key, name, value) {
  const steps = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 5, PageDown: -5 }[key];
  if (steps) return stepped(name, value, steps);
  return { Home: HANDLES[name].low, End: HANDLES[name].high }[key] ?? null;
}

/** The drawing's parts: a title, an axis of decibels, and the place for curve and handles. */
function makeFrame(el, held, seconds) {
  el.classList.add("nn-envelope");
  const grid = make(el, "div", "nn-figure", { role: "group", "aria-label": "Envelope" });
  const hidden = { "aria-hidden": "true" };
  make(grid, "div", "nn-title nn-title-frequency", hidden, "Envelope (dB)");
  const axis = make(grid, "div", "nn-axis nn-frequencies", hidden);
  for (const db of [0, -30, -60]) {
    make(axis, "span", "nn-tick", {}, fixed(db, 0)).style.setProperty("--at", `${100 * (1 - db / FLOOR)}%`);
  }
  const place = make(grid, "div", "nn-envelope-place");
  make(place, "div", "nn-key-up", hidden).style.left = `${(100 * held) / seconds}%`;
  return place;
}

/** A handle that calls `change(value)`, by keys one step at a time, and by a pointer to where `pull(event)` says. */
function makeHandle(place, name, read, pull, change) {
  const { letter, low, high } = HANDLES[name];
  const range = { "aria-valuemin": low, "aria-valuemax": high };
  const words = { role: "slider", tabindex: "0", "aria-label": capital(name), ...range };
  const handle = make(place, "div", "nn-handle", words, letter);
  handle.addEventListener("keydown", (event) => {
    const value = byKey(event.key, name, read());
    if (value === null) return;
    event.preventDefault();
    event.stopPropagation();
    change(value);
  });
  handle.addEventListener("pointerdown", (event) => handle.setPointerCapture(event.pointerId));
  handle.addEventListener("pointermove", (event) => handle.hasPointerCapture(event.pointerId) && change(pull(event)));
  return handle;
}

/** Puts curve and handles where the values say; a handle that would lie on the one before it stands beside it. */
function drawEnvelope(curve, handles, now, held, seconds) {
  const places = corners(now, held);
  const points = moments(now, places, held, seconds).map((time) => [time, levelAt(time, now, held)]);
  curve.setAttribute("d", points.map(([time, db], i) => `${i ? "L" : "M"}${time / seconds} ${db / FLOOR}`).join(""));
  let before = null;
  for (const [name, handle] of Object.entries(handles)) {
    const [time, db] = places[name];
    const here = `${Math.min(100, (100 * time) / seconds)}%`;
    handle.style.left = before ? `max(${here}, calc(${before} + 1.6rem))` : here;
    before = here;
    handle.style.top = `${(100 * db) / FLOOR}%`;
    handle.setAttribute("aria-valuenow", now[name]);
    handle.setAttribute("aria-valuetext", say(name, now[name]));
  }
}

/** The envelope, as a panel of an explorer whose key is down for `held` of `seconds`. */
export const envelopePanel = (held, seconds) => (el, model) => {
  const names = Object.keys(HANDLES);
  const values = () => Object.fromEntries(names.map((name) => [name, model.get(name)]));
  const place = makeFrame(el, held, seconds);
  const curve = makeCurve(place);
  const show = () => drawEnvelope(curve, handles, values(), held, seconds);

  const handles = Object.fromEntries(names.map((name) => {
    const pull = ({ clientX, clientY }) => {
      const { left, top, width, height } = place.getBoundingClientRect();
      const [time, db] = [((clientX - left) / width) * seconds, ((clientY - top) / height) * FLOOR];
      return pulled(name, time, db, values(), held);
    };
    const change = (value) => {
      model.set(name, value);
      model.save_changes();
      show();
    };
    return [name, makeHandle(place, name, () => model.get(name), pull, change)];
  }));
  show();
  return { show, canvas: place, repaint: () => {} };
};
