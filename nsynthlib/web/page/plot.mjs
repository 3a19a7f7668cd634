/**
 * Line plots on a canvas: axes with units, round ticks, lines, stems, dots and named marks.
 *
 *     drawPlot(canvas, {
 *       x: { label: "Time (ms)", min: 0, max: 4 },
 *       y: { label: "Amplitude", min: -1, max: 1 },        // both may give `ticks`: [[place, "label"], …]
 *       lines: [{ x, y, name: "original", colour: blue, dash: [6, 4], width: 1.5 }],
 *       points: [{ x, y, name: "samples", colour: vermillion, stems: 0 }],  // stems: where each stands
 *       marks: [{ x: 4000, name: "Nyquist", colour: green, dash: [2, 3] }], // vertical lines
 *       equal: true,                                       // one unit is as long on both axes
 *     });
 *
 * `x` and `y` are arrays, or `x` is `{ first, step }`; where `y` is NaN a line has a gap. What has a name is listed above the plot, line and all, so that
 * colour is never the only way to tell things apart. Colours are those of `constants.json`: colour-blind eyes tell them
 * apart too, and blue, vermillion, green and purple stand out at least 3:1 against white.
 *
 * The canvas is as large as its style makes it, and sharp on every screen and in print. Give it `role="img"` and an
 * `aria-label`: a plot says nothing by itself.
 */
import { makeTicks } from "./ticks.mjs";

const SHARPEST = 2; // a printer shows more than most screens
const FONT_PX = 12;
const LINE_PX = 18;
const MARGIN_PX = 8; // on the right

/** The drawing context of a canvas whose unit is a CSS pixel, cleared, and its size in that unit. */
function prepare(canvas) {
  const sharp = Math.max(SHARPEST, window.devicePixelRatio || 1);
  const { clientWidth: width, clientHeight: height } = canvas;
  canvas.width = Math.round(width * sharp);
  canvas.height = Math.round(height * sharp);
  const context = canvas.getContext("2d");
  context.setTransform(sharp, 0, 0, sharp, 0, 0);
  const { color, fontFamily } = getComputedStyle(canvas);
  return { context, width, height, ink: color, font: `${FONT_PX}px ${fontFamily}` };
}

/** From values to pixels of an axis. */
const scaleOf = ({ min, max }, from, to) => (value) => from + ((value - min) / (max - min)) * (to - from);

/** Two axes of which the one that would be magnified more reaches further, so that a circle is round. */
function makeEqual({ x, y }, { left, right, top, bottom }) {
  const unit = Math.max((x.max - x.min) / (right - left), (y.max - y.min) / (bottom - top)); // of one pixel
  const widen = (axis, pixels) => {
    const middle = (axis.min + axis.max) / 2;
    return { ...axis, min: middle - (unit * pixels) / 2, max: middle + (unit * pixels) / 2 };
  };
  return { x: widen(x, right - left), y: widen(y, bottom - top) };
}

/** Strokes as `look` says; what lies around the plot is not touched. */
function stroke(context, { colour, dash = [], width = 1.5 }) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.setLineDash(dash);
  context.stroke();
  context.setLineDash([]);
}

/** Place `i` of an array, or of evenly spaced places. */
const xAt = (x, i) => ("step" in x ? x.first + i * x.step : x[i]);

function drawLine(context, line, across, up) {
  context.beginPath();
  for (let i = 0, gap = true; i < line.y.length; i++) {
    const move = gap ? "moveTo" : "lineTo";
    gap = Number.isNaN(line.y[i]);
    if (!gap) context[move](across(xAt(line.x, i)), up(line.y[i]));
  }
  stroke(context, line);
}

function drawPoints(context, { x, y, colour, stems }, across, up) {
  context.fillStyle = colour;
  for (let i = 0; i < y.length; i++) {
    const [left, top] = [across(xAt(x, i)), up(y[i])];
    context.beginPath();
    context.arc(left, top, 3, 0, 2 * Math.PI);
    context.fill();
    if (stems === undefined) continue;
    context.beginPath();
    context.moveTo(left, up(stems));
    context.lineTo(left, top);
    stroke(context, { colour, width: 1 });
  }
}

function drawMark(context, mark, across, { top, bottom }) {
  context.beginPath();
  context.moveTo(across(mark.x), top);
  context.lineTo(across(mark.x), bottom);
  stroke(context, { width: 2, ...mark });
}

/** Faint lines at the ticks, their labels, and the axes' names. */
function drawAxes(context, { x, y }, across, up, area, ink) {
  const { left, right, top, bottom } = area;
  const ticks = { x: x.ticks ?? makeTicks(x.min, x.max, Math.max(3, (right - left) / 70)), y: y.ticks };
  ticks.y ??= makeTicks(y.min, y.max, Math.max(3, (bottom - top) / 34));
  const grid = { colour: ink, width: 0.3 };
  context.fillStyle = ink;
  for (const [place, label] of ticks.x) {
    context.beginPath();
    context.moveTo(across(place), top);
    context.lineTo(across(place), bottom + 4);
    stroke(context, grid);
    context.textAlign = "center";
    const most = right + MARGIN_PX - context.measureText(label).width / 2; // the last label stays on the canvas
    context.fillText(label, Math.min(across(place), most), bottom + 4 + LINE_PX / 2);
  }
  for (const [place, label] of ticks.y) {
    context.beginPath();
    context.moveTo(left - 4, up(place));
    context.lineTo(right, up(place));
    stroke(context, grid);
    context.textAlign = "right";
    context.fillText(label, left - 7, up(place));
  }
  context.textAlign = "center";
  context.fillText(x.label, (left + right) / 2, bottom + 4 + 1.5 * LINE_PX);
  context.textAlign = "left";
  context.fillText(y.label, 2, LINE_PX / 2);
}

/** A sample of what has a name: a dot or a piece of line. */
function drawSample(context, item, left, middle) {
  context.beginPath();
  if (item.dot) {
    context.fillStyle = item.colour;
    context.arc(left + 11, middle, 3, 0, 2 * Math.PI);
    context.fill();
    return;
  }
  context.moveTo(left, middle);
  context.lineTo(left + 22, middle);
  stroke(context, item);
}

/** Where each name of the legend stands, in as many rows as it takes below the name of the axis. */
function placeLegend(context, named, width) {
  let [left, row] = [2, 1];
  const items = named.map((item) => {
    const needed = 27 + context.measureText(item.name).width + 14;
    if (left > 2 && left + needed > width) [left, row] = [2, row + 1];
    const at = { item, left, middle: (row + 0.5) * LINE_PX };
    left += needed;
    return at;
  });
  return { items, height: (named.length ? row + 1 : 1) * LINE_PX + 6 };
}

/** Draws a plot over whatever the canvas held; the answer is where its axes lie, in CSS pixels of the canvas. */
export function drawPlot(canvas, { x: wide, y: high, lines = [], points = [], marks = [], equal = false }) {
  const { context, width, height, ink, font } = prepare(canvas);
  context.font = font;
  context.textBaseline = "middle";
  context.lineJoin = "round";
  const dots = points.map((item) => ({ ...item, dot: true }));
  const inInk = (items) => items.map((item) => ({ colour: ink, ...item }));
  const all = [lines, dots, marks].map(inInk);
  const legend = placeLegend(context, all.flat().filter((item) => item.name), width);
  const area = { left: 46, right: width - MARGIN_PX, top: legend.height, bottom: height - 2 * LINE_PX - 4 };
  const { x, y } = equal ? makeEqual({ x: wide, y: high }, area) : { x: wide, y: high };
  const across = scaleOf(x, area.left, area.right);
  const up = scaleOf(y, area.bottom, area.top);
  drawAxes(context, { x, y }, across, up, area, ink);
  context.textAlign = "left";
  for (const { item, left, middle } of legend.items) {
    drawSample(context, item, left, middle);
    context.fillStyle = ink;
    context.fillText(item.name, left + 27, middle);
  }
  context.save();
  context.beginPath();
  context.rect(area.left - 4, area.top - 4, area.right - area.left + 8, area.bottom - area.top + 8);
  context.clip();
  for (const mark of all[2]) drawMark(context, mark, across, area);
  for (const line of all[0]) drawLine(context, line, across, up);
  for (const item of all[1]) drawPoints(context, item, across, up);
  context.restore();
  return area;
}
