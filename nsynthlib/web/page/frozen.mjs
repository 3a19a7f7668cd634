/** What can be asked of a picture that stands still: a moment's spectrum and pitch, and how it sounds. */
import constants from "../../constants.json" with { type: "json" };
import { make } from "./dom.mjs";
import { drawPlot } from "./plot.mjs";

const { blue, vermillion } = constants.colours;
const MOST_MARKS = 8; // multiples of the pitch

/** The plot of levels in decibels, evenly spaced up to half of `rate`, with a pitch's multiples where there is one. */
function plotOf({ levels, rate, pitch, words }) {
  const count = pitch ? Math.min(MOST_MARKS, Math.floor(rate / 2 / pitch.hz)) : 0;
  const marks = Array.from({ length: count }, (_, i) => ({ x: ((i + 1) * pitch.hz) / 1000, colour: vermillion }));
  return {
    x: { label: "Frequency (kHz)", min: 0, max: rate / 2000 },
    y: { label: "Level (dB)", min: constants.floor_db, max: 0 },
    lines: [{ x: { first: 0, step: rate / 2000 / (levels.length - 1) }, y: levels, colour: blue, width: 1.2 }],
    marks: marks.map((mark, i) => ({ ...mark, width: 1, dash: [3, 3], ...(i ? {} : { name: "pitch and multiples" }) })),
    alt: `Spectrum up to ${rate / 2} Hz. ${words}`,
  };
}

/**
 * The part of a view that is there while it is frozen, over `seconds` of a picture whose panel is `panel`. `read(moment)`
 * gives what is to be shown of a moment: `{ levels, rate, pitch, words }`.
 */
export function makeFrozen(el, panel, seconds, read) {
  const line = make(panel.canvas.parentElement, "div", "nn-moment-line", { hidden: "" });
  const place = make(el, "div", "nn-frozen", { hidden: "" });
  const label = make(place, "label", "nn-moment", {}, "Moment (s)");
  const limits = { type: "range", min: "0", max: String(seconds), step: "0.01", value: String(seconds / 2) };
  const slider = make(label, "input", "nn-moment-slider", limits);
  const said = make(place, "p", "nn-moment-words", { "aria-live": "polite" });
  const canvas = make(place, "canvas", "nn-plot", { role: "img", "aria-label": "Spectrum" });
  const figure = make(place, "figure", "nn-heard");
  make(figure, "figcaption", "", { "aria-hidden": "true" }, "What is frozen");
  const audio = make(figure, "audio", "nn-audio", { controls: "", "aria-label": "What is frozen" });
  let shown = null;
  const repaint = () => shown && canvas.clientWidth && drawPlot(canvas, shown);

  /** Shows the slider's moment, of the picture as it is now. */
  function update() {
    const moment = slider.valueAsNumber;
    const found = read(moment);
    shown = plotOf(found);
    said.textContent = found.words;
    slider.setAttribute("aria-valuetext", `${moment.toFixed(2)} s`);
    canvas.setAttribute("aria-label", shown.alt);
    line.style.setProperty("--at", `${(100 * moment) / seconds}%`);
    repaint();
  }

  function pick({ clientX }) {
    if (place.hidden) return;
    const { left, width } = panel.canvas.getBoundingClientRect();
    slider.value = String(((clientX - left) / width) * seconds);
    update();
  }

  function show(wav) {
    URL.revokeObjectURL(audio.src);
    audio.src = URL.createObjectURL(new Blob([wav], { type: "audio/wav" }));
    line.hidden = place.hidden = false;
    update();
    slider.focus({ preventScroll: true }); // the button that was pressed cannot be pressed any more
  }

  function hide() {
    audio.pause();
    line.hidden = place.hidden = true;
  }

  slider.addEventListener("input", update);
  panel.canvas.addEventListener("pointerdown", pick);
  return { show, hide, update, repaint, canvas, close: () => URL.revokeObjectURL(audio.src) };
}
