/** One note along the rate-distortion curve. Pictures and sounds travel with it: a page is all it needs. */
import constants from "../../constants.json" with { type: "json" };
import { keepKeys } from "../page/controls.mjs";
import { make } from "../page/dom.mjs";
import { fixed } from "../page/format.mjs";
import { readBytes, readFloats } from "../page/numbers.mjs";
import { plotPanel } from "../page/plot_panel.mjs";
import { changeSound } from "../page/sounding.mjs";
import { melAxis, spectrogram } from "../page/spectrogram.mjs";

const SPEAKS = 0.1; // nats; what says less counts as silent
const NUMBERED = 8; // from one numbered dimension to the next

/** The first dimension, and every eighth. */
const ticksTo = (last) => Array.from({ length: 1 + Math.floor(last / NUMBERED) }, (_, i) => NUMBERED * i || 1).map((k) => [k, String(k)]);

/** Nats of every dimension, most first, as stems up to `most`. */
const plotNats = ({ nats, most, words }) => ({
  x: { label: "Latent dimension, most nats first", min: 0, max: nats.length + 1, ticks: ticksTo(nats.length) },
  y: { label: "KL (nats)", min: 0, max: most },
  points: [{ x: { first: 1, step: 1 }, y: nats, colour: constants.colours.blue, stems: 0 }],
  lines: [],
  alt: `Nats of ${nats.length} latent dimensions, from ${fixed(nats[0], 2)} down to ${fixed(nats.at(-1), 2)}. ${words}`,
});

function makeControl(el, text, tag, attributes) {
  const row = make(el, "label", "nn-moment", {}, text);
  return make(row, tag, "nn-moment-slider", { "aria-label": text, ...attributes });
}

/** A panel with its name above it and its player below. */
function makePart(el, model, name) {
  const place = make(el, "div", "nn-panel");
  make(place, "p", "nn-comparison-name", {}, name);
  const panel = spectrogram(melAxis)(place, model);
  const audio = make(place, "audio", "nn-audio", { controls: "", "aria-label": name });
  return { ...panel, audio };
}

/** What belongs to a note and a weight. */
function makeReader(model) {
  const [rows, cols] = model.get("shape");
  const beta = model.get("beta");
  const [originals, copies] = ["originals", "copies"].map((name) => readBytes(model.get(name)));
  const kl = readFloats(model.get("kl"));
  const size = kl.length / beta.length / model.get("labels").length;
  const shared = { rows, cols, hop: model.get("hop"), corners: model.get("corners") };
  const most = kl.reduce((top, value) => Math.max(top, value), 0);
  const picture = (from, i) => ({ ...shared, cells: from.subarray(i * rows * cols, (i + 1) * rows * cols) });
  return (note, weight) => {
    const place = note * beta.length + weight;
    const nats = Array.from(kl.subarray(place * size, (place + 1) * size)).sort((a, b) => b - a);
    return { original: picture(originals, note), copy: picture(copies, place), nats, most };
  };
}

function render({ model, el }) {
  el.classList.add("nn-view");
  keepKeys(el);
  el.dataset.state = "ready";
  const [labels, beta] = [model.get("labels"), model.get("beta")];
  const read = makeReader(model);
  const note = makeControl(el, "Note", "select", {});
  labels.forEach((text, i) => make(note, "option", "", { value: String(i) }, text.split(" (")[0]));
  const slider = makeControl(el, "Weight β", "input", { type: "range", min: "0", max: String(beta.length - 1), step: "1" });
  const readout = make(slider.parentElement, "output", "", { "aria-hidden": "true" });
  const status = make(el, "p", "nn-status", { role: "status", "aria-live": "polite" });
  const nats = make(el, "div", "nn-panel");
  const bars = plotPanel((figure) => plotNats(figure))(nats, model);
  const figures = make(el, "div", "nn-figures nn-several");
  const parts = { copy: makePart(figures, model, "The copy"), original: makePart(figures, model, "The note itself") };

  function show() {
    const [i, weight] = [Number(note.value), slider.valueAsNumber];
    const figure = read(i, weight);
    const sum = figure.nats.reduce((all, value) => all + value, 0);
    const speak = figure.nats.filter((value) => value > SPEAKS).length;
    const error = `the copy errs by ${fixed(model.get("rmse_db")[i][weight])} dB`;
    const words =
      `β = ${beta[weight]}: z says ${fixed(sum)} nats, more than ${SPEAKS} in ${speak} of its ` +
      `${figure.nats.length} dimensions, and ${error}.`;
    slider.setAttribute("aria-valuetext", `β = ${beta[weight]}`);
    readout.textContent = String(beta[weight]);
    bars.show({ ...figure, words }, {});
    for (const [name, part] of Object.entries(parts)) {
      part.show(figure[name], {}, name === "copy" ? words : labels[i]);
      const address = model.get("sounds")[i][name === "copy" ? weight + 1 : 0];
      if (part.audio.src !== address) changeSound(part.audio, address);
    }
    status.textContent = words;
    Object.assign(el.dataset, { note: i, weight });
  }

  const resized = new ResizeObserver(() => [bars, parts.copy, parts.original].forEach((panel) => panel.repaint()));
  for (const { canvas } of [bars, parts.copy, parts.original]) resized.observe(canvas);
  note.addEventListener("change", show);
  slider.addEventListener("input", show);
  slider.value = String(Math.floor(beta.length / 2));
  show();
  return () => {
    resized.disconnect();
    for (const { audio } of Object.values(parts)) audio.pause();
  };
}

export default { render };
