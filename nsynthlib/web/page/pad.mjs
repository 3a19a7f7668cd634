/**
 * A pad: the settings `x` and `y`, from minus `reach` to `reach`, moved together by mouse, finger and keys.
 *
 * To assistive technology it is two sliders, which lie over the pad and are not seen. One of them is the stop for Tab:
 * arrows lead from each to the other, Home to the middle.
 */
import { make } from "./dom.mjs";
import { fixed } from "./format.mjs";
import { isShortcut } from "./shortcuts.mjs";

const STEP = 0.1; // of an arrow key
const AXES = ["x", "y"];
const WAYS = ["left to right", "bottom to top"];
const SIDES = [["left", "right"], ["bottom", "top"]];
const KEYS = { ArrowRight: [0, STEP], ArrowLeft: [0, -STEP], ArrowUp: [1, STEP], ArrowDown: [1, -STEP] };

/** "1.2 towards brighter", in standard deviations; `ends` are what lies at the lower end and at the upper. */
export const sayPlace = (value, [low, high]) =>
  value ? `${fixed(Math.abs(value))} towards ${value > 0 ? high : low}` : "middle";

const toTenths = (value, reach) => Math.min(reach, Math.max(-reach, Math.round(value * 10) / 10));

/** The slider of one axis; `change(value)` hears what assistive technology has made of it. */
function makeAxis(area, i, reach, change) {
  const limits = { type: "range", min: -reach, max: reach, step: STEP, "aria-orientation": ["horizontal", "vertical"][i] };
  const slider = make(area, "input", "nn-pad-slider", { ...limits, tabindex: i ? "-1" : "0", "aria-label": WAYS[i] });
  slider.addEventListener("input", () => change(slider.valueAsNumber));
  return slider;
}

/** The parts of a pad in `el`: the area that is touched, its sliders, the names of its ends, and the thumb. */
function buildPad(el, reach, change) {
  el.classList.add("nn-pad");
  make(el, "div", "nn-title", { "aria-hidden": "true" }, "Instrument");
  const area = make(el, "div", "nn-pad-area", { role: "group", "aria-label": "Instrument, a pad" });
  const sliders = AXES.map((axis, i) => makeAxis(area, i, reach, (value) => change({ [axis]: value })));
  const ends = SIDES.map((pair) =>
    pair.map((side) => make(area, "span", `nn-pad-end nn-pad-${side}`, { "aria-hidden": "true" })));
  const thumb = make(area, "div", "nn-pad-thumb", { "aria-hidden": "true" });
  return { area, sliders, ends, thumb };
}

/** Moves by keys from the slider that has the focus; the other gets it with the first arrow along its own axis. */
function listenToKeys(sliders, read, change) {
  for (const slider of sliders) {
    slider.addEventListener("keydown", (event) => {
      const { key } = event;
      if (isShortcut(event) || !(key in KEYS || key === "Home")) return;
      event.preventDefault();
      event.stopPropagation();
      if (key === "Home") return change({ x: 0, y: 0 });
      const [i, step] = KEYS[key];
      change({ [AXES[i]]: read()[i] + step });
      sliders[i].focus({ preventScroll: true });
    });
    slider.addEventListener("focus", () => sliders.forEach((one) => (one.tabIndex = one === slider ? 0 : -1)));
  }
}

function listenToPointer(area, slider, reach, change) {
  function pull({ clientX, clientY }) {
    const { left, top, width, height } = area.getBoundingClientRect();
    change({ x: ((clientX - left) / width - 0.5) * 2 * reach, y: (0.5 - (clientY - top) / height) * 2 * reach });
  }
  area.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    area.setPointerCapture(event.pointerId);
    pull(event);
    slider.focus({ preventScroll: true });
    event.preventDefault(); // keeps the focus there
  });
  area.addEventListener("pointermove", (event) => area.hasPointerCapture(event.pointerId) && pull(event));
}

/** The pad, as a panel of an explorer whose figures name its `ends`: of `x` and of `y`, lower and upper. */
export function padPanel(el, model) {
  const reach = model.get("reach");
  const read = () => AXES.map((axis) => model.get(axis));
  const { area, sliders, ends, thumb } = buildPad(el, reach, change);
  let names = null;

  function place() {
    read().forEach((value, i) => {
      thumb.style.setProperty(`--${AXES[i]}`, `${50 + (50 * value) / reach}%`);
      sliders[i].value = value;
      sliders[i].setAttribute("aria-valuetext", names ? sayPlace(value, names[i]) : fixed(value));
    });
  }

  function change(values) {
    for (const [axis, value] of Object.entries(values)) model.set(axis, toTenths(value, reach));
    model.save_changes();
    place();
  }

  function show(figure) {
    names = figure.ends;
    names.forEach(([low, high], i) => {
      [ends[i][0].textContent, ends[i][1].textContent] = [low, high];
      sliders[i].setAttribute("aria-label", `${low} to ${high}, ${WAYS[i]}`);
    });
    place();
  }

  listenToKeys(sliders, read, change);
  listenToPointer(area, sliders[0], reach, change);
  place();
  return { show, canvas: area, repaint: () => {} };
}
