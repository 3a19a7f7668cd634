/** A line over a plot that is dragged along its axis by mouse and finger, and moved by keys. */
import { make } from "./dom.mjs";
import { plotPanel } from "./plot_panel.mjs";

const CATCH_PX = 4; // how near a bin the pointer must be to be drawn to it
const APART_PX = 16; // how far apart bins must lie for that

const clampTo = (value, end) => Math.min(end, Math.max(0, value));

/** The place that a key leads to from `value`: one unit, or the next bin; null for another key. */
function placeByKey(key, value, bin, end) {
  const bins = value / bin;
  const places = {
    ArrowRight: value + 1,
    ArrowUp: value + 1,
    ArrowLeft: value - 1,
    ArrowDown: value - 1,
    PageUp: bin * Math.floor(bins + 1 + 1e-9),
    PageDown: bin * Math.ceil(bins - 1 - 1e-9),
    Home: 0,
    End: end,
  };
  return key in places ? clampTo(places[key], end) : null;
}

/** Where the pointer is on an axis of `width` pixels up to `end`, to whole units, or at the bin it has come near. */
function placeByPointer(pixels, width, bin, end) {
  const value = clampTo((pixels / width) * end, end);
  const nearest = bin * Math.round(value / bin);
  const [apart, away] = [bin, Math.abs(value - nearest)].map((size) => (size / end) * width);
  return apart >= APART_PX && away <= CATCH_PX && nearest <= end ? nearest : Math.round(value);
}

/**
 * A plot, as a panel, with a probe over it.
 *
 * @param plotOf what `plotPanel` takes; its horizontal axis begins at 0
 * @param about `name`: of the setting that the probe moves; `label` and `say(value)`: it in words; `binOf(settings,
 *   rate)`: the distance of the places that catch it
 */
export const probePanel = (plotOf, { name, label, say, binOf }) => (el, model) => {
  let now = null; // settings, and where the axis ends
  const panel = plotPanel((figure, settings, rate) => {
    const plot = plotOf(figure, settings, rate);
    now = { bin: binOf(settings, rate), end: plot.x.max };
    return plot;
  })(el, model);
  const area = make(el, "div", "nn-probe-area", { hidden: "" });
  const handle = make(area, "div", "nn-probe", { role: "slider", tabindex: "0", "aria-label": label });

  function place() {
    const value = model.get(name);
    handle.style.left = `${(100 * value) / now.end}%`;
    const said = { "aria-valuemin": 0, "aria-valuemax": now.end, "aria-valuenow": value, "aria-valuetext": say(value) };
    for (const [attribute, text] of Object.entries(said)) handle.setAttribute(attribute, text);
  }

  function move(value) {
    model.set(name, value);
    model.save_changes();
    place();
  }

  function pull({ clientX }) {
    const { left, width } = area.getBoundingClientRect();
    move(placeByPointer(clientX - left, width, now.bin, now.end));
  }

  area.addEventListener("pointerdown", (event) => {
    area.setPointerCapture(event.pointerId);
    pull(event);
    handle.focus({ preventScroll: true });
    event.preventDefault(); // keeps the focus there
  });
  area.addEventListener("pointermove", (event) => area.hasPointerCapture(event.pointerId) && pull(event));
  handle.addEventListener("keydown", (event) => {
    const value = placeByKey(event.key, model.get(name), now.bin, now.end);
    if (value === null) return;
    event.preventDefault();
    event.stopPropagation();
    move(value);
  });

  /** Lays the area over the axes of the plot. */
  function follow(drawn) {
    if (!drawn) return;
    area.hidden = false;
    area.style.left = `${drawn.left}px`;
    area.style.width = `${drawn.right - drawn.left}px`;
    area.style.top = `${drawn.top}px`;
    area.style.height = `${drawn.bottom - drawn.top}px`;
    place();
  }

  const show = (...given) => follow(panel.show(...given));
  return { show, canvas: panel.canvas, repaint: () => follow(panel.repaint()) };
};
