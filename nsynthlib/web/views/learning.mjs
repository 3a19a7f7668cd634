/** The explorer of learning: a polynomial that learns how a note dies away, and its errors while it does. */
import constants from "../../constants.json" with { type: "json" };
import { explorer } from "../page/explorer.mjs";
import { fixed, grouped } from "../page/format.mjs";
import { plotPanel } from "../page/plot_panel.mjs";

const { blue, vermillion, green, purple } = constants.colours;
const { seconds: LASTS, curve_points: CURVE_POINTS } = constants.learning;
const [LOWEST_DB, TOP_DB] = [-60, 10]; // that the first plot shows
const ERRORS = [0.1, 100]; // decibels that the second plot shows
const WORSE = 1.05; // times the lowest error on held-out points: from there on it is called overfitting

const db = (value) => `${value < 1000 ? fixed(value) : grouped(Math.round(value))} dB`;
const counted = (count, what) => `${grouped(count)} ${what}${count === 1 ? "" : "s"}`;
const rate = (value) => String(Number(value.toPrecision(2)));

/** What went well or wrong, in a sentence or two. */
function verdict({ learning_rate: lr, steps }, { best, highest_rate: highest, diverged, valid_db: valid }) {
  const beyond = `beyond a learning rate of ${rate(highest)}`;
  if (diverged) {
    return `It diverges: ${beyond} each step overshoots by more than it corrects. The run was given up after ${counted(diverged, "step")}.`;
  }
  if (lr > highest) return `${beyond[0].toUpperCase()}${beyond.slice(1)} the loss grows in the end: more steps will show it.`;
  const least = Math.min(...valid);
  if (valid.at(-1) > WORSE * least) {
    return (
      `It is overfitting: the held-out error was lowest, ${db(least)}, after ${counted(best, "step")}. ` +
      `Early stopping keeps the weights of that step.`
    );
  }
  if (best === steps) return "The held-out error was still falling: more steps help, or a higher learning rate.";
  return `Since step ${grouped(best)} the held-out error has fallen no further, and has hardly risen: more steps change little.`;
}

/** Measured levels, and the curves through them. */
function plotFit(figure, settings) {
  const { train_x, train_y, valid_x, valid_y, truth, fit, stopped, best } = figure;
  const place = { first: 0, step: LASTS / (CURVE_POINTS - 1) };
  return {
    x: { label: "Time (s)", min: 0, max: LASTS },
    y: { label: "Level (dB)", min: LOWEST_DB, max: TOP_DB },
    lines: [
      { x: place, y: truth, name: "the note itself", colour: green, dash: [2, 3] },
      { x: place, y: stopped, name: `stopped at step ${grouped(best)}`, colour: purple, dash: [7, 4] },
      { x: place, y: fit, name: "the fit", colour: blue, width: 2 },
    ],
    points: [
      { x: train_x, y: train_y, name: "training", colour: blue },
      { x: valid_x, y: valid_y, name: "held out", colour: vermillion },
    ],
    alt:
      `Levels of a dying note over ${LASTS} s: ${settings.points} training points, ${valid_x.length} held out, and the fit ` +
      `of ${counted(settings.weights, "weight")}. ${verdict(settings, figure)}`,
  };
}

const powers = (first, last) => Array.from({ length: last - first + 1 }, (_, i) => first + i);
const log = (values, least) => values.map((value) => Math.log10(Math.max(value, least)));

/** Both errors over the steps; both axes are logarithms, and step 0 stands where half a step would. */
function plotErrors(figure, settings) {
  const { steps, train_db: train, valid_db: valid, best } = figure;
  const [low, high] = ERRORS.map(Math.log10);
  const x = log(steps, 0.5);
  const last = Math.max(1, x.at(-1));
  const mark = Math.log10(Math.max(best, 0.5));
  return {
    x: { label: "Step", min: x[0], max: last, ticks: powers(0, Math.floor(last)).map((n) => [n, grouped(10 ** n)]) },
    y: { label: "Error (dB)", min: low, max: high, ticks: powers(low, high).map((n) => [n, String(10 ** n)]) },
    lines: [
      { x, y: log(train, 1e-3), name: "training", colour: blue, width: 2 },
      { x, y: log(valid, 1e-3), name: "held out", colour: vermillion, dash: [7, 4], width: 2 },
    ],
    marks: [{ x: mark, name: `lowest held-out error`, colour: purple, dash: [2, 3] }],
    alt:
      `Errors over ${counted(steps.at(-1), "step")}: on training points from ${db(train[0])} to ${db(train.at(-1))}, on ` +
      `held-out points from ${db(valid[0])} to ${db(valid.at(-1))}. ${verdict(settings, figure)}`,
  };
}

function describeFit(settings, figure) {
  const { weights, points, learning_rate: lr } = settings;
  const { steps, train_db: train, valid_db: valid } = figure;
  return (
    `${counted(weights, "weight")}, learning rate ${rate(lr)}, ${counted(steps.at(-1), "step")} on ${points} points: error ` +
    `${db(train.at(-1))} on these, ${db(valid.at(-1))} on those held out. ${verdict(settings, figure)}`
  );
}

export default explorer({
  panels: [plotPanel(plotFit), plotPanel(plotErrors)],
  sounds: [
    { want: "sound", label: "A tone with the fit's level" },
    { want: "stopped", label: "Stopped early" },
    { want: "original", label: "The note itself", needs: () => null },
  ],
  describe: describeFit,
});
