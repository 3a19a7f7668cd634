/** Two wheels that turn under one mark: the outer one holds the values of a talea, the inner one the pitches of a color. */
import { make, makeSvg } from "./dom.mjs";

const [OUTER, BETWEEN, INNER] = [1, 0.68, 0.36]; // radii
const TURN = 2 * Math.PI;

const place = (part, radius) => [radius * Math.sin(TURN * part), -radius * Math.cos(TURN * part)].map((x) => x.toFixed(4));

/** A sector from part `from` to part `to` of a turn, between two radii; a whole turn is all but closed, as an arc must be. */
function sector(from, to, inner, outer) {
  const end = Math.min(to, from + 0.9999);
  const large = end - from > 0.5 ? 1 : 0;
  const arc = (radius, way, part) => `A${radius} ${radius} 0 ${large} ${way} ${place(part, radius)}`;
  return `M${place(from, outer)}${arc(outer, 1, end)}L${place(end, inner)}${arc(inner, 0, from)}Z`;
}

/** Draws one wheel, whose parts are `{ size, label, look }`; gives where each part begins, in turns. */
function drawWheel(wheel, parts, inner, outer) {
  wheel.replaceChildren();
  const whole = parts.reduce((sum, { size }) => sum + size, 0);
  let from = 0;
  return parts.map(({ size, label, look }) => {
    const begin = from;
    from += size / whole;
    makeSvg(wheel, "path", { class: look, d: sector(begin, from, inner, outer) });
    const [x, y] = place((begin + from) / 2, (inner + outer) / 2);
    makeSvg(wheel, "text", { x, y, class: parts.length > 16 ? "nn-wheel-small" : "" }).textContent = label;
    return begin;
  });
}

/** The wheels as a panel of a figure with `wheels`; `nameOf` names a pitch. */
export const wheelsPanel = (nameOf) => (el) => {
  const drawing = makeSvg(el, "svg", { viewBox: "-1.08 -1.12 2.16 2.2", role: "img", class: "nn-wheels", "aria-label": "Wheels" });
  const [talea, color] = [makeSvg(drawing, "g"), makeSvg(drawing, "g")];
  makeSvg(drawing, "path", { class: "nn-wheel-mark", d: "M-0.06 -1.12L0.06 -1.12L0 -1Z" });
  const words = make(el, "p", "nn-wheels-words");
  let [wheels, begins, seconds] = [null, null, 0];

  /** Turns both wheels to where they are as a value of the talea begins, and on by `part` of the way to the next one. */
  function turnTo(i, part) {
    const [value, pitch] = wheels.turns[i];
    const played = wheels.turns.slice(0, i + 1).filter(([, one]) => one !== null).length;
    const size = (begins[0][value + 1] ?? 1) - begins[0][value];
    const inner = played - 1 + (pitch === null ? 1 : part); // a rest lets the color wait
    talea.setAttribute("transform", `rotate(${-360 * (begins[0][value] + part * size)})`);
    color.setAttribute("transform", `rotate(${(-360 * inner) / wheels.color.length})`);
    const turnOf = (count, { length }) => Math.floor(count / length) + 1;
    const sung = pitch === null ? "a rest" : `${nameOf(wheels.color[pitch])}, pitch ${pitch + 1} of turn ${turnOf(played - 1, wheels.color)}`;
    words.textContent = `Talea: value ${value + 1} of turn ${turnOf(i, wheels.talea)}. Color: ${sung}.`;
  }

  function show(figure) {
    ({ wheels, seconds } = figure);
    const values = wheels.talea.map((beats) => ({
      size: Math.abs(beats),
      label: beats < 0 ? `(${-beats})` : beats,
      look: beats < 0 ? "nn-wheel-rest" : "nn-wheel-talea",
    }));
    const pitches = wheels.color.map((pitch) => ({ size: 1, label: nameOf(pitch), look: "nn-wheel-color" }));
    begins = [drawWheel(talea, values, BETWEEN, OUTER), drawWheel(color, pitches, INNER, BETWEEN)];
    const [said, sung] = [values, pitches].map((parts) => parts.map(({ label }) => label).join(" "));
    drawing.setAttribute("aria-label", `Two wheels. Talea, in beats, rests in brackets: ${said}. Color: ${sung}.`);
    turnTo(0, 0);
  }

  function at(now) {
    const moment = now ?? 0;
    const i = wheels.turns.findLastIndex(([, , start]) => start <= moment);
    const [, , start] = wheels.turns[i];
    const end = wheels.turns[i + 1]?.[2] ?? seconds;
    turnTo(i, Math.min(1, (moment - start) / (end - start)));
  }

  return { show, canvas: drawing, repaint: () => {}, at };
};
