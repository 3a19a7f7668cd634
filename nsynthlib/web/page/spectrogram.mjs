/** A spectrogram with its axes and its scale of colours: a panel of an explorer. */
import constants from "../../constants.json" with { type: "json" };
import { make } from "./dom.mjs";
import { fixed, grouped } from "./format.mjs";
import { fitToScreen } from "./fitting.mjs";
import { palette } from "./palette.mjs";
import { makeRolling } from "./rolling.mjs";
import { makeTicks } from "./ticks.mjs";

const CLOSEST = 0.06; // parts of an axis between two labels

/** `from` cells shared among `to` cells: where each share begins, and the end. */
const shares = (from, to) => Uint32Array.from({ length: to + 1 }, (_, i) => Math.floor((i * from) / to));

/**
 * The cells of a figure resized to `[height, width]`, first row at the bottom. A cell that stands for several takes the
 * loudest, so that thin lines survive; a cell that is larger than a pixel keeps its edges.
 */
function resize({ cells, rows, cols }, height, width) {
  const [down, along] = [shares(rows, height), shares(cols, width)];
  const out = new Uint8Array(height * width);
  const line = new Uint8Array(cols);
  for (let y = 0; y < height; y++) {
    line.set(cells.subarray(down[y] * cols, (down[y] + 1) * cols));
    for (let r = down[y] + 1; r < down[y + 1]; r++) {
      for (let c = 0; c < cols; c++) line[c] = Math.max(line[c], cells[r * cols + c]);
    }
    for (let x = 0, at = (height - 1 - y) * width; x < width; x++, at++) {
      out[at] = line[along[x]];
      for (let c = along[x] + 1; c < along[x + 1]; c++) out[at] = Math.max(out[at], line[c]);
    }
  }
  return out;
}

/** Paints a figure at the screen's own resolution. */
function paint(canvas, figure, colours) {
  if (!fitToScreen(canvas)) return;
  const { width, height } = canvas;
  const cells = resize(figure, height, width);
  const pixels = new Uint32Array(cells.length);
  for (let i = 0; i < cells.length; i++) pixels[i] = colours[cells[i]];
  const image = new ImageData(new Uint8ClampedArray(pixels.buffer), width, height);
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** Labels at their places on an axis; a place is a part of its length, from 0 to 1. */
function writeTicks(axis, ticks) {
  axis.replaceChildren();
  for (const [place, label] of ticks) {
    if (place < 0 || place > 1.05) continue; // the outermost cells are centred on the outermost frequencies
    const tick = make(axis, "span", "nn-tick", {}, label);
    tick.style.setProperty("--at", `${100 * Math.min(1, place)}%`);
  }
}

/** Only those of ascending places that are far enough from the one before to be read. */
function apart(ticks) {
  let last = -1;
  return ticks.filter(([place]) => {
    if (place < 0 || place - last < CLOSEST) return false;
    last = place;
    return true;
  });
}

/** The parts of a panel. Axes are for the eye; what they say is in the canvas's own label. */
function buildParts(el, title) {
  const grid = make(el, "div", "nn-figure");
  const hidden = { "aria-hidden": "true" };
  make(grid, "div", "nn-title nn-title-frequency", hidden, title);
  const level = make(grid, "div", "nn-title nn-title-level", hidden);
  const frequencies = make(grid, "div", "nn-axis nn-frequencies", hidden);
  const canvas = make(grid, "canvas", "nn-canvas", { role: "img", "aria-label": "Spectrogram, not computed yet" });
  const bar = make(grid, "div", "nn-bar", hidden);
  const levels = make(grid, "div", "nn-axis nn-levels", hidden);
  const times = make(grid, "div", "nn-axis nn-times", hidden);
  make(grid, "div", "nn-title nn-title-time", hidden, "Time (s)");
  return { level, frequencies, canvas, bar, levels, times };
}

/** The colours of levels, from the floor up. */
function paintBar(bar, colours) {
  const stops = Array.from({ length: 17 }, (_, i) => new Uint8Array(colours.buffer, 4 * Math.min(255, 16 * i), 3));
  const css = stops.map((stop) => `rgb(${stop.join(" ")})`);
  bar.style.background = `linear-gradient(to top, ${css.join(", ")})`;
}

/** Name and ends of the scale of colours: decibels from the floor up, or parts of full scale up to `top`. */
const scaleOfColours = (top, floor) =>
  top === undefined ? ["Level (dB)", floor, 0] : ["Amplitude (full scale = 1)", 0, top];

/**
 * A spectrogram, as a panel: `(el, model)` to `{ show(figure, settings, words), repaint(), roll(count) }`, the last one
 * for a figure whose columns were moved to the left by `count` new ones.
 *
 * A figure is `{ rows, cols, hop, cells }`, with `top` where it is not in decibels, and `rate` where it is not the model's. The axis is its `title`, its
 * `ticks(rate)` in hertz, `[hz, label]` each, and the `position(hz, figure, rate)` of a frequency, from 0 to 1.
 */
export const spectrogram = ({ title, ticks, position }) => (el, model) => {
  const parts = buildParts(el, title);
  const colours = palette(model.get("colours"));
  paintBar(parts.bar, colours);
  let shown = null;

  function show(figure, settings, words) {
    const { cols, hop, top, rate = model.get("sample_rate") } = figure;
    const end = (cols - 1) * hop;
    const [name, low, high] = scaleOfColours(top, model.get("floor_db"));
    const frequencies = ticks(rate).map(([hz, label]) => [position(hz, figure, rate), label]);
    shown = figure;
    paint(parts.canvas, figure, colours);
    parts.level.textContent = name;
    writeTicks(parts.levels, makeTicks(low, high).map(([value, label]) => [(value - low) / (high - low), label]));
    writeTicks(parts.frequencies, apart(frequencies));
    writeTicks(parts.times, makeTicks(0, end).map(([s, label]) => [(s / hop + 0.5) / cols, label]));
    const range = top === undefined ? `levels from ${fixed(low, 0)} to 0 dB` : `amplitudes from 0 to ${fixed(top, 3)}`;
    const label = `Spectrogram: ${title.toLowerCase()} up to ${grouped(rate / 2)} Hz over ${fixed(end)} s, ${range}.`;
    parts.canvas.setAttribute("aria-label", `${label} ${words}`);
  }
  const rolling = makeRolling(parts.canvas, colours);
  const roll = (count) => rolling(shown, count);
  return { show, canvas: parts.canvas, roll, repaint: () => shown && paint(parts.canvas, shown, colours) };
};

/** The axis of bins that lie evenly. */
export const linearAxis = {
  title: "Frequency (kHz)",
  ticks: (rate) => makeTicks(0, rate / 2000).map(([khz, label]) => [khz * 1000, label]),
  position: (hz, { rows }, rate) => ((hz / (rate / 2)) * (rows - 1) + 0.5) / rows,
};

/** The axis of mel bands, whose figure has their `corners` in hertz. */
export const melAxis = {
  title: "Frequency (Hz, mel scale)",
  ticks: () => constants.mel_ticks_hz.map((hz) => [hz, String(hz)]),
  position(hz, { corners, rows }) {
    const above = corners.findIndex((corner) => corner >= hz);
    if (hz < corners[0] || above < 0) return -1;
    const below = Math.max(0, above - 1);
    const part = above ? (hz - corners[below]) / (corners[above] - corners[below]) : 0;
    return (below + part - 0.5) / rows;
  },
};
