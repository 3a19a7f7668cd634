/** A piano roll: the notes of a piece over time, and a line that moves over them while they sound. */
import { make, makeSvg } from "./dom.mjs";
import { fixed } from "./format.mjs";
import { makeTicks } from "./ticks.mjs";

const LOOKS = 4; // of voices: each has its colour and its thickness, see composer.css
const SPOKEN = 24; // notes that are read out
const NAMED = [[16, [0, 4, 7]], [32, [0, 7]], [Infinity, [0]]]; // up to so many semitones, keys whose names stand at the side

const percent = (part) => `${100 * part}%`;
const lookOf = (voice) => `nn-voice-${(voice % LOOKS) + 1}`;

/** A line of the drawing between two places, which are parts of its width and height. */
const draw = (svg, look, [x1, y1], [x2, y2]) =>
  makeSvg(svg, "line", { class: look, x1: percent(x1), y1: percent(y1), x2: percent(x2), y2: percent(y2) });

/** Draws a piece into its three parts: the field, the names of keys beside it, the seconds below it. */
function drawPiece({ field, keys, times }, { seconds, notes, marked = [] }, noteName) {
  for (const part of [field, keys, times]) part.replaceChildren();
  const pitches = notes.map(([, , pitch]) => pitch);
  const [low, high] = [Math.min(...pitches) - 2, Math.max(...pitches) + 2];
  const [across, up] = [(time) => time / seconds, (pitch) => (high - pitch) / (high - low)];
  const [, names] = NAMED.find(([most]) => high - low <= most);
  for (let key = low + 1; key < high; key++) {
    if (!names.includes(key % 12)) continue;
    draw(field, "nn-roll-grid", [0, up(key)], [1, up(key)]);
    make(keys, "span", "nn-roll-tick", { style: `--at: ${percent(up(key))}` }, noteName(key));
  }
  for (const [time, label] of makeTicks(0, seconds)) {
    draw(field, "nn-roll-grid", [across(time), 0], [across(time), 1]);
    make(times, "span", "nn-roll-tick", { style: `--at: ${percent(across(time))}` }, label);
  }
  for (const [start, end, pitch, , voice] of notes) {
    draw(field, lookOf(voice), [across(start), up(pitch)], [across(end), up(pitch)]);
  }
  for (const i of marked) {
    const [start, , pitch] = notes[i];
    makeSvg(field, "circle", { class: "nn-roll-mark", cx: percent(across(start)), cy: percent(up(pitch)), r: 6 });
  }
}

/** What stands above: the name of each voice, and of what is marked. */
function nameVoices(legend, { voices, marked = [] }) {
  legend.replaceChildren();
  const named = voices.length > 1 ? voices.map((name, voice) => [name, lookOf(voice)]) : [];
  for (const [name, look] of [...named, ...(marked.length ? [["Breaks a rule", "nn-roll-mark"]] : [])]) {
    const item = make(legend, "span", "nn-roll-name");
    const sign = makeSvg(item, "svg", { "aria-hidden": "true" });
    if (look === "nn-roll-mark") makeSvg(sign, "circle", { class: look, cx: "50%", cy: "50%", r: 6 });
    else draw(sign, look, [0, 0.5], [1, 0.5]);
    item.append(name);
  }
}

/** A piece in words. */
function sayNotes({ seconds, notes }, noteName) {
  const pitches = notes.map(([, , pitch]) => pitch);
  const spoken = pitches.slice(0, SPOKEN).map(noteName).join(" ");
  const range = `from ${noteName(Math.min(...pitches))} to ${noteName(Math.max(...pitches))}`;
  return `Piano roll: ${notes.length} notes ${range} in ${fixed(seconds)} s. They begin ${spoken}.`;
}

/**
 * The piano roll as a panel. Beside what panels have it gives `piece()`, the figure that is shown; `listen(hear)`, which
 * is told of each new one; and `at(seconds)`, which moves the line, or with `null` takes it away.
 */
export const rollPanel = (noteName) => (el) => {
  el.classList.add("nn-roll");
  const legend = make(el, "div", "nn-roll-legend", { "aria-hidden": "true" });
  const [keys, field, times] = ["nn-roll-keys", "nn-roll-field", "nn-roll-times"].map((name) =>
    make(el, "div", name, { "aria-hidden": "true" }));
  make(el, "div", "nn-roll-unit", { "aria-hidden": "true" }, "Time (s)");
  field.removeAttribute("aria-hidden");
  const drawing = makeSvg(field, "svg", { role: "img", "aria-label": "Piano roll, not composed yet" });
  const cursor = make(field, "div", "nn-roll-cursor", { hidden: "" });
  let [piece, hear] = [null, () => {}];

  function show(figure) {
    piece = figure;
    drawing.setAttribute("aria-label", sayNotes(piece, noteName));
    drawPiece({ field: drawing, keys, times }, piece, noteName);
    nameVoices(legend, piece);
    hear(piece);
  }

  function at(seconds) {
    cursor.hidden = seconds === null;
    if (seconds !== null) cursor.style.left = percent(seconds / piece.seconds);
  }

  return { show, canvas: drawing, repaint: () => {}, at, piece: () => piece, listen: (heard) => (hear = heard) };
};
