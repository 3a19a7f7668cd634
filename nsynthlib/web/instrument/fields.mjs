/** Controls of the instrument that hold a setting: a slider, a list, a box. */
import { make } from "../page/dom.mjs";

/** A row with a name; `control` is labelled by it. */
function makeRow(parent, name, className) {
  const row = make(parent, "label", `nn-field ${className}`);
  make(row, "span", "nn-field-name", {}, name);
  return row;
}

/**
 * A slider whose value is told by `say`; `change(value)` hears of every move.
 *
 * @returns `{ show(value), row }`; showing is silent
 */
export function makeSlider(parent, name, { min, max, step }, say, change) {
  const row = makeRow(parent, name, "nn-field-slider");
  const told = make(row, "span", "nn-field-value", { "aria-hidden": "true" });
  const slider = make(row, "input", "", { type: "range", min, max, step });
  const tell = () => {
    told.textContent = say(slider.valueAsNumber);
    slider.setAttribute("aria-valuetext", told.textContent);
  };
  slider.addEventListener("input", () => {
    tell();
    change(slider.valueAsNumber);
  });
  const show = (value) => {
    slider.value = value;
    tell();
  };
  return { show, row, rename: (text) => (row.querySelector(".nn-field-name").textContent = text) };
}

/** A list of `[value, name]`, which `fill` may replace; `change(value)` hears of a choice. */
export function makeList(parent, name, options, change) {
  const row = makeRow(parent, name, "nn-field-list");
  const list = make(row, "select", "");
  list.addEventListener("change", () => change(list.value));
  const fill = (entries) => {
    list.replaceChildren();
    for (const [value, text] of entries) make(list, "option", "", { value }, text);
  };
  fill(options);
  return { show: (value) => (list.value = value), fill, row, list };
}

/** A box to tick. */
export function makeBox(parent, name, change) {
  const row = make(parent, "label", "nn-field nn-field-box");
  const box = make(row, "input", "", { type: "checkbox" });
  make(row, "span", "", {}, name);
  box.addEventListener("change", () => change(box.checked));
  return { show: (value) => (box.checked = value), row };
}

/** A part of the page that is folded away at first, under its name. */
export function makeFolded(parent, name) {
  const folded = make(parent, "details", "nn-folded");
  make(folded, "summary", "", {}, name);
  return make(folded, "div", "nn-folded-body");
}
