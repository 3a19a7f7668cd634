/** A latent space of two dimensions: every place of it is decoded, seen and heard. A page is all it needs. */
import constants from "../../constants.json" with { type: "json" };
import { applyLayers } from "../dsp/layers.mjs";
import { playLevels } from "../dsp/synthesis/partial_levels.mjs";
import { encodeWav } from "../dsp/wav.mjs";
import { keepKeys } from "../page/controls.mjs";
import { make, makeButton, makeSvg } from "../page/dom.mjs";
import { makeLegend, makeShape } from "../page/families.mjs";
import { fixed } from "../page/format.mjs";
import { readFloats } from "../page/numbers.mjs";
import { makePlane } from "../page/plane.mjs";

const { count: PARTIALS, moments: MOMENTS, floor_db: LOWEST_DB } = constants.partial_levels;
const KEYS = "Map of the latent space. Arrow keys move the place, with Shift in larger steps; Enter plays it again.";
const LATER = 250; // milliseconds without a move until a moving place is played

/** A number from N(0, 1), by Box and Muller. */
const drawNormal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());

const inWords = ([x, y]) => `(${fixed(x, 2)}, ${fixed(y, 2)})`;

/** The cells that the judge finds empty, hatched; `rows * rows` bytes, lowest and leftmost first. */
function drawEmpty(parent, empty, reach, id) {
  const rows = Math.sqrt(empty.byteLength);
  const size = (2 * reach) / rows;
  const lines = { id, width: "0.16", height: "0.16", patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" };
  makeSvg(makeSvg(parent, "pattern", lines), "path", { d: "M0 0V0.16", class: "nn-toy-hatch" });
  const path = Array.from({ length: rows * rows }, (_, i) => i)
    .filter((i) => empty.getUint8(i))
    .map((i) => `M${(i % rows) * size - reach} ${Math.floor(i / rows) * size - reach}h${size}v${size}h${-size}z`);
  makeSvg(parent, "path", { d: path.join(""), fill: `url(#${id})` });
}

/** Levels as a grid of cells in the colours of the scale. */
function makePicture(el, colours) {
  const place = make(el, "figure", "nn-toy-picture");
  make(place, "figcaption", "", {}, "Partials 1 (bottom) to 12 over fourteen moments");
  const svg = makeSvg(place, "svg", { viewBox: `0 0 ${MOMENTS.length} ${PARTIALS}`, role: "img" });
  svg.setAttribute("preserveAspectRatio", "none");
  const cells = Array.from({ length: PARTIALS * MOMENTS.length }, (_, i) => {
    const [row, column] = [Math.floor(i / MOMENTS.length), i % MOMENTS.length];
    return makeSvg(svg, "rect", { x: column, y: PARTIALS - 1 - row, width: "1.02", height: "1.02" });
  });
  return (levels, words) => {
    cells.forEach((cell, i) => {
      const part = Math.min(1, Math.max(0, 1 - levels[i] / LOWEST_DB));
      const at = 3 * Math.round(255 * part);
      cell.setAttribute("fill", `rgb(${[0, 1, 2].map((k) => colours.getUint8(at + k)).join(" ")})`);
    });
    svg.setAttribute("aria-label", `Levels of twelve partials from ${fixed(LOWEST_DB, 0)} to 0 dB at ${words}.`);
  };
}

/** A label with its control behind it. */
function makeLabelled(parent, text, tag, attributes) {
  const label = make(parent, "label", "nn-toy-label", {}, text);
  return make(label, tag, "nn-toy-control", { "aria-label": text, ...attributes });
}

let toyMaps = 0; // on this page, so that each one's hatching has a name of its own

/** What does not change: the notes and where nothing is; and what moves above it. */
function drawPlane(plane, model) {
  const reach = model.get("reach");
  const [families, legend] = [model.get("families"), model.get("legend")];
  drawEmpty(plane.above, model.get("empty"), reach, `nn-toy-${toyMaps++}`);
  const axes = `M${-reach} 0H${reach}M0 ${-reach}V${reach}`;
  makeSvg(plane.above, "path", { d: axes, class: "nn-toy-axes" });
  model.get("means").forEach(([x, y], i) => {
    makeShape(makeSvg(plane.above, "g", { transform: `translate(${x} ${y}) scale(1 -1)` }), legend[families[i]], 0.17);
  });
  const cloud = [1, 2].map(() => makeSvg(plane.above, "ellipse", { class: "nn-toy-cloud" }));
  const draws = makeSvg(plane.above, "g", { class: "nn-toy-draws" });
  const way = makeSvg(plane.above, "line", { class: "nn-toy-way" });
  const anchors = ["A", "B"].map((name) => {
    const group = makeSvg(plane.above, "g", { class: "nn-toy-anchor" });
    makeSvg(group, "circle", { r: "0.16" });
    makeSvg(group, "text", { transform: "scale(1 -1)", x: "0.16", y: "-0.14" }).textContent = name;
    return group;
  });
  const cross = makeSvg(plane.above, "path", { d: "M-0.22 0H0.22M0 -0.22V0.22", class: "nn-toy-cross" });
  return { cloud, draws, way, anchors, cross };
}

const moveTo = (element, [x, y]) => element.setAttribute("transform", `translate(${x} ${y})`);

function render({ model, el }) {
  el.classList.add("nn-map", "nn-toy");
  keepKeys(el);
  const [means, deviations, labels] = ["means", "deviations", "labels"].map((name) => model.get(name));
  const weights = readFloats(model.get("weights"));
  const decode = (place) => applyLayers(weights, model.get("sizes"), place).map((db) => Math.min(0, Math.max(LOWEST_DB, db)));
  const anchors = model.get("anchors").map((i) => [...means[i]]);
  let [place, chosen, later] = [[...means[model.get("chosen")]], model.get("chosen"), 0];

  const moves = { move: (x, y) => goTo([x, y]), rest: () => play(), at: () => place };
  const top = make(el, "div", "nn-toy-top");
  const left = make(top, "div", "nn-toy-side");
  const drawn = drawPlane(makePlane(left, model.get("reach"), KEYS, moves), model);
  const right = make(top, "div", "nn-toy-side");
  const picture = makePicture(right, model.get("colours"));
  const player = make(right, "audio", "nn-map-audio", { controls: "", "aria-label": "The place on the map" });
  const note = makeLabelled(right, "Note", "select", {});
  labels.forEach((text, i) => make(note, "option", "", { value: String(i) }, text));
  const row = make(right, "div", "nn-toy-row");
  makeButton(row, "Draw ε again", draw);
  ["A", "B"].forEach((name, i) => makeButton(row, `Put ${name} here`, () => setAnchor(i)));
  const slider = makeLabelled(right, "From A to B", "input", { type: "range", min: "0", max: "1", step: "0.05" });
  const status = make(el, "p", "nn-map-status", { role: "status", "aria-live": "polite" });
  makeLegend(el, model.get("legend"));

  /** Decodes a place and shows it; `about` is what led there, in words. */
  function goTo(to, about = "Place") {
    place = to;
    moveTo(drawn.cross, to);
    const levels = decode(to);
    picture(levels, inWords(to));
    URL.revokeObjectURL(player.src);
    const wav = encodeWav(playLevels(levels), constants.sample_rate);
    player.src = URL.createObjectURL(new Blob([wav], { type: "audio/wav" }));
    status.textContent = `${about} ${inWords(to)}: ${isEmpty(to) ? "no real note is like it." : "like a real note."}`;
    [el.dataset.x, el.dataset.y] = to.map(String);
  }

  function isEmpty([x, y]) {
    const [empty, reach] = [model.get("empty"), model.get("reach")];
    const rows = Math.sqrt(empty.byteLength);
    const [column, line] = [x, y].map((value) => Math.min(rows - 1, Math.floor(((value + reach) / 2 / reach) * rows)));
    return empty.getUint8(line * rows + column) > 0;
  }

  const play = () => player.play().catch(() => {}); // a browser may want a click first

  /** Plays when a slider has come to rest. */
  function playLater() {
    clearTimeout(later);
    later = setTimeout(play, LATER);
  }

  function choose(i) {
    chosen = i;
    note.value = String(i);
    drawn.draws.replaceChildren();
    drawn.cloud.forEach((ring, k) => {
      const [[cx, cy], [sx, sy]] = [means[i], deviations[i]];
      const shape = { cx, cy, rx: (k + 1) * sx, ry: (k + 1) * sy };
      for (const [name, value] of Object.entries(shape)) ring.setAttribute(name, value);
    });
    goTo([...means[i]], `Mean of ${labels[i]},`);
  }

  function draw() {
    const epsilon = [drawNormal(), drawNormal()];
    const to = means[chosen].map((mean, k) => mean + deviations[chosen][k] * epsilon[k]);
    makeSvg(drawn.draws, "circle", { cx: to[0], cy: to[1], r: "0.05" });
    goTo(to, `ε = ${inWords(epsilon)} leads to`);
    play();
  }

  function showAnchors() {
    anchors.forEach((at, i) => moveTo(drawn.anchors[i], at));
    const [[x1, y1], [x2, y2]] = anchors;
    for (const [name, value] of Object.entries({ x1, y1, x2, y2 })) drawn.way.setAttribute(name, value);
  }

  function setAnchor(i) {
    anchors[i] = [...place];
    slider.value = String(i);
    showAnchors();
    status.textContent = `${"AB"[i]} is at ${inWords(place)}.`;
  }

  note.addEventListener("change", () => {
    choose(Number(note.value));
    play();
  });
  slider.addEventListener("input", () => {
    const part = slider.valueAsNumber;
    const percent = `${fixed(100 * part, 0)} % from A to B`;
    slider.setAttribute("aria-valuetext", percent);
    goTo(anchors[0].map((value, k) => value + part * (anchors[1][k] - value)), `${percent},`);
    playLater();
  });
  slider.value = "0";
  showAnchors();
  choose(chosen);
  return () => {
    clearTimeout(later);
    player.pause();
    URL.revokeObjectURL(player.src);
  };
}

export default { render };
