/** An atlas of errors: a table whose cells open what stands behind them, seen and heard. A page is all it needs. */
import { keepKeys } from "../page/controls.mjs";
import { make } from "../page/dom.mjs";
import { readBytes } from "../page/numbers.mjs";
import { isShortcut } from "../page/shortcuts.mjs";

const MOST_DB = 20; // an error that has the full colour
const [SOFT, LOUD] = [[0, 114, 178], [213, 94, 0]]; // of copies that are too soft, too loud: blue and vermillion
const SHADE = [230, 159, 0]; // of the worst cell; the best is white
const WAYS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const KEYS = "Choose a cell by mouse, finger or arrow keys.";
const PANELS = ["Original", "Copy", "Copy − original"];

/** A colour between white and `colour`; `part` is 0 for white. */
export const tint = (colour, part) => colour.map((value) => Math.round(255 + (value - 255) * part));

/** The colour of an error in decibels: white for none, blue for too soft, vermillion for too loud. */
export const errorColour = (db) => tint(db < 0 ? SOFT : LOUD, Math.min(1, Math.abs(db) / MOST_DB));

/** The cell that lies one step from `[row, column]` in a table of `rows` by `columns`. */
export const step = ([row, column], [down, right], rows, columns) => [
  Math.min(rows - 1, Math.max(0, row + down)),
  Math.min(columns - 1, Math.max(0, column + right)),
];

const css = (colour) => `rgb(${colour.join(" ")})`;

/** The grey levels of a PNG at `url`: `{ width, height, levels }`, 0 to 255 each, the highest frequency first. */
async function readPicture(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
  return { width, height, levels: Uint8Array.from({ length: width * height }, (_, i) => data[4 * i]) };
}

/** Paints a picture, a pixel a cell; `colourOf(i)` is the colour of cell `i`. */
function paint(canvas, { width, height }, colourOf) {
  [canvas.width, canvas.height] = [width, height];
  const image = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) image.data.set([...colourOf(i), 255], 4 * i);
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** The table: `{ at(row, column) }` gives a cell's button. */
function buildTable(el, { models, families, cells }, onChoose) {
  const values = cells.flat().map((cell) => cell.value);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const scroll = make(el, "div", "nn-atlas-scroll");
  const table = make(scroll, "table", "nn-atlas-table");
  make(table, "caption", "", {}, "Median error of a family's copies (RMSE in dB)");
  const head = make(make(table, "thead", ""), "tr", "");
  make(head, "th", "", { scope: "col" }, "Family");
  for (const model of models) make(head, "th", "", { scope: "col" }, model);
  const body = make(table, "tbody", "");
  const buttons = families.map((family, row) => {
    const line = make(body, "tr", "");
    make(line, "th", "", { scope: "row" }, family);
    return models.map((model, column) => {
      const { value, n } = cells[row][column];
      const told = { type: "button", tabindex: "-1", "aria-pressed": "false" };
      const name = `${family}, ${model}: ${value.toFixed(1)} dB, ${n} notes`;
      const button = make(make(line, "td", ""), "button", "nn-atlas-cell", { ...told, "aria-label": name }, value.toFixed(1));
      button.style.background = css(tint(SHADE, (value - least) / (most - least || 1)));
      button.addEventListener("click", () => onChoose([row, column]));
      return button;
    });
  });
  return { table, at: ([row, column]) => buttons[row][column] };
}

/** A place for one note: three pictures, two players, words. */
function buildNote(el, ticks) {
  const place = make(el, "section", "nn-atlas-note");
  const title = make(place, "h3", "nn-atlas-title");
  const about = make(place, "p", "nn-atlas-about");
  const row = make(place, "div", "nn-atlas-pictures");
  const canvases = PANELS.map((panel, i) => {
    const figure = make(row, "div", "nn-atlas-picture");
    make(figure, "div", "nn-atlas-name", { "aria-hidden": "true" }, panel);
    const axes = make(figure, "div", "nn-atlas-axes");
    const canvas = make(axes, "canvas", "nn-atlas-canvas", { role: "img", "aria-label": panel });
    if (!i) {
      for (const [at, label] of ticks) {
        make(axes, "span", "nn-atlas-tick", { "aria-hidden": "true" }, label).style.setProperty("--at", `${100 * at}%`);
      }
    }
    return canvas;
  });
  const where = make(place, "p", "nn-atlas-where");
  const players = PANELS.slice(0, 2).map((panel) => {
    const figure = make(place, "div", "nn-atlas-heard");
    make(figure, "div", "", { "aria-hidden": "true" }, panel);
    return make(figure, "audio", "nn-atlas-audio", { controls: "", preload: "none" });
  });
  return { place, title, about, canvases, where, players };
}

/** The scale of the colours of errors. */
function buildScale(el) {
  const scale = make(el, "p", "nn-atlas-scale");
  scale.append(`too soft, −${MOST_DB} dB `);
  const stops = [-MOST_DB, 0, MOST_DB].map((db) => css(errorColour(db)));
  make(scale, "span", "nn-atlas-bar", { "aria-hidden": "true" }).style.background = `linear-gradient(90deg, ${stops})`;
  scale.append(` too loud, +${MOST_DB} dB. Across: 4 seconds; upwards: kHz, mel scale.`);
}

function render({ model, el }) {
  el.classList.add("nn-atlas");
  keepKeys(el);
  const told = Object.fromEntries(["models", "families", "cells"].map((name) => [name, model.get(name)]));
  const [pictures, sounds, floor] = ["pictures", "sounds", "floor_db"].map((name) => model.get(name));
  const colours = readBytes(model.get("colours"));
  const { table, at } = buildTable(el, told, choose);
  const status = make(el, "p", "nn-atlas-status", { role: "status", "aria-live": "polite" }, KEYS);
  const detail = make(el, "div", "nn-atlas-notes");
  const places = [0, 1].map(() => buildNote(detail, model.get("ticks")));
  buildScale(el);
  let chosen = [0, 0];
  let turn = 0;

  async function show(place, note, heading) {
    const mine = turn;
    place.title.textContent = note.title;
    place.about.textContent = note.about;
    place.where.textContent = note.where;
    ["original", "copy"].forEach((which, i) => {
      place.players[i].src = sounds[note[which]];
      place.players[i].setAttribute("aria-label", `${note.title}, ${PANELS[i].toLowerCase()}`);
    });
    const [original, copy] = await Promise.all([note.original, note.copy].map((name) => readPicture(pictures[name])));
    if (mine !== turn) return; // another cell was chosen meanwhile
    const ofLevel = ({ levels }) => (i) => colours.subarray(3 * levels[i], 3 * levels[i] + 3);
    const ofError = (i) => errorColour((-floor * (copy.levels[i] - original.levels[i])) / 255);
    [ofLevel(original), ofLevel(copy), ofError].forEach((colourOf, i) => {
      paint(place.canvases[i], original, colourOf);
      const alt = [`Spectrogram of the original, ${note.about}`, `Spectrogram of ${heading}'s copy`, `Error. ${note.where}`];
      place.canvases[i].setAttribute("aria-label", alt[i]);
    });
    place.place.dataset.shown = note.copy;
  }

  function choose(cell) {
    at(chosen).setAttribute("aria-pressed", "false");
    at(chosen).tabIndex = -1;
    chosen = cell;
    turn++;
    at(cell).setAttribute("aria-pressed", "true");
    at(cell).tabIndex = 0;
    const [row, column] = cell;
    const { value, n, notes } = told.cells[row][column];
    const heading = told.models[column];
    status.textContent = `${told.families[row]} by ${heading}: median ${value.toFixed(1)} dB of ${n} notes.`;
    places.forEach((place, i) => show(place, notes[i], heading));
  }

  table.addEventListener("keydown", (event) => {
    const way = WAYS[event.key];
    if (!way || isShortcut(event)) return;
    event.preventDefault();
    event.stopPropagation();
    choose(step(chosen, way, told.families.length, told.models.length));
    at(chosen).focus();
  });
  choose([0, 0]);
  return () => places.forEach((place) => place.players.forEach((player) => player.pause()));
}

export default { render };
