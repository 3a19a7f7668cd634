/** The explorer of the receptive field: the tree below one output, and what it reaches and costs. */
import constants from "../../constants.json" with { type: "json" };
import { explorer } from "../page/explorer.mjs";
import { fixed, grouped } from "../page/format.mjs";
import { plotPanel } from "../page/plot_panel.mjs";

const { blue, vermillion, green } = constants.colours;
const { shown: SHOWN } = constants.receptive_field;
const FEW = 4; // samples that the picture shows at least

const counted = (count, what) => `${grouped(count)} ${what}${count === 1 ? "" : "s"}`;
const milliseconds = (samples, rate) => `${fixed((1000 * samples) / rate, samples < rate / 100 ? 2 : 0)} ms`;

/** What the stack reaches and costs, in words. */
function describeReach(settings, { reach, products, queued }, rate) {
  const [samples, alone, kept] = [reach, products, queued].map((values) => values.at(-1));
  return (
    `${counted(reach.length, "layer")} of kernel size ${settings.kernel_size} reach ${grouped(samples)} samples: ` +
    `${milliseconds(samples, rate / 2)} at ${rate / 2000} kHz, ${milliseconds(samples, rate)} at ${rate / 1000} kHz. One more ` +
    `sample takes ${counted(alone, "multiplication")} a channel from the samples on, and ${grouped(kept)} with queues, ` +
    `which store ${counted(samples - 1, "number")}.`
  );
}

/** The numbers that the newest output depends on, the samples in the lowest row. */
function plotTree(figure, settings, rate) {
  const { dots_x: x, dots_y: y, branches_x: ends, branches_y: levels, reach } = figure;
  const wide = Math.min(SHOWN, Math.max(FEW, reach.at(-1)));
  const layers = reach.length;
  const step = Math.ceil(layers / 10);
  const named = Array.from({ length: 1 + Math.floor(layers / step) }, (_, i) => [step * i, String(step * i)]);
  const cut = reach.at(-1) > SHOWN ? ` The picture ends ${SHOWN} samples ago.` : "";
  return {
    x: { label: "Samples, the newest at 0", min: 1 - wide - 0.02 * wide, max: 0.02 * wide },
    y: { label: "Layer (0: the samples)", min: -0.3, max: layers + 0.3, ticks: named },
    lines: [{ x: ends, y: levels, colour: blue, width: x.length > SHOWN ? 0.5 : 1 }],
    points: [{ x, y, colour: vermillion }],
    alt: `A tree from one output down to the samples.${cut} ${describeReach(settings, figure, rate)}`,
  };
}

const powers = (last) => Array.from({ length: last + 1 }, (_, n) => [n, n < 4 ? grouped(10 ** n) : `${10 ** (n - 3)} k`]);

/** What each further layer adds, on a logarithmic axis. */
function plotCosts(figure, settings, rate) {
  const layer = { first: 1, step: 1 };
  const [reach, products, queued] = ["reach", "products", "queued"].map((name) => figure[name].map(Math.log10));
  const most = Math.ceil(Math.max(reach.at(-1), products.at(-1), 1));
  const last = Math.max(2, figure.reach.length);
  const every = Math.ceil(last / 10);
  const ticks = Array.from({ length: Math.floor(last / every) }, (_, i) => [every * (i + 1), String(every * (i + 1))]);
  return {
    x: { label: "Layers", min: 1, max: last, ticks },
    y: { label: "Samples; multiplications", min: 0, max: most, ticks: powers(most) },
    lines: [
      { x: layer, y: reach, name: "samples reached", colour: green, width: 2 },
      { x: layer, y: products, name: "multiplications, tree", colour: vermillion, dash: [7, 4], width: 2 },
      { x: layer, y: queued, name: "multiplications, queues", colour: blue, dash: [2, 3], width: 2 },
    ],
    points: figure.reach.length > 1 ? [] : [reach, products, queued].map((y, i) => ({ x: [1], y, colour: [green, vermillion, blue][i] })),
    alt: `Samples reached and multiplications over the layers, on a logarithmic axis. ${describeReach(settings, figure, rate)}`,
  };
}

export default explorer({
  panels: [plotPanel(plotTree), plotPanel(plotCosts)],
  sounds: [{ want: "sound", label: "As much of a note as one output sees" }],
  describe: describeReach,
});
