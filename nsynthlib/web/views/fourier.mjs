/** The Fourier probe: a frequency moved along a spectrum, and the sum that gives the height there. */
import constants from "../../constants.json" with { type: "json" };
import { explorer } from "../page/explorer.mjs";
import { capital, fixed, grouped } from "../page/format.mjs";
import { ownSoundFor } from "../page/own_sound.mjs";
import { plotPanel } from "../page/plot_panel.mjs";
import { probePanel } from "../page/probe.mjs";

const { blue, vermillion, purple, green } = constants.colours;
const FLOOR_DB = constants.floor_db;
const MOST_DOTS = 200; // beyond it, bins lie too close to be told apart
const PROBE_POINTS = 1000; // of the drawn cosine

const hertz = (value) => `${grouped(Number(value.toFixed(2)))} Hz`;
const toDb = (height) => Math.max(FLOOR_DB, 20 * Math.log10(Math.max(height, 1e-12)));
const binOf = ({ frame_length: length }, rate) => rate / length;
const summedOf = ({ part }, length) => Math.round((part / 100) * length);
const heightOf = ({ re, im, reference }) => Math.hypot(re, im) / reference;
const most = (values) => values.reduce((top, value) => Math.max(top, Math.abs(value)), 1e-6);

/** What a frequency is to the DFT of this frame. */
function placeWords(frequency, bin) {
  const bins = frequency / bin;
  const nearest = Math.round(bins);
  if (Math.abs(bins - nearest) < 1e-6) return `bin ${nearest} of the DFT`;
  return `between bins ${Math.floor(bins)} and ${Math.floor(bins) + 1} of the DFT`;
}

/** Heights of all frequencies, those of the DFT's bins as dots, and the probe. */
function plotHeights(figure, settings, rate) {
  const { heights, step } = figure;
  const { frequency, highest, display } = settings;
  const bin = binOf(settings, rate);
  const drawn = display === "decibels" ? heights.map(toDb) : heights;
  const bins = Array.from({ length: 1 + Math.floor(highest / bin) }, (_, k) => k * bin);
  const height = heightOf(figure);
  const inDb = display === "decibels";
  return {
    x: { label: "Frequency (Hz)", min: 0, max: highest },
    y: inDb ? { label: "Level (dB)", min: FLOOR_DB, max: 5 } : { label: "Height", min: 0, max: 1.1 * most(heights) },
    lines: [{ x: { first: 0, step }, y: drawn, name: "any frequency", colour: blue, width: 1.2 }],
    points: [
      ...(bins.length > MOST_DOTS
        ? []
        : [{ x: bins, y: bins.map((hz) => drawn[Math.round(hz / step)]), name: "the DFT's bins", colour: blue }]),
      { x: [frequency], y: [inDb ? toDb(height) : height], name: "the probe", colour: vermillion },
    ],
    alt:
      `Spectrum up to ${hertz(highest)}; the DFT has bins ${hertz(bin)} apart. The probe at ${hertz(frequency)} finds ` +
      `the height ${fixed(height, 4)}, that is ${fixed(toDb(height))} dB.`,
  };
}

/** A plane whose axes reach as far as `reach` on all sides. */
const plane = (reach) => ({
  x: { label: "Real part", min: -reach, max: reach },
  y: { label: "Imaginary part", min: -reach, max: reach },
  equal: true,
});

/** The running sum, from the origin to where it has come. */
function plotSum({ sum_real: real, sum_imag: imag, heights }, settings) {
  const done = summedOf(settings, real.length - 1);
  const [x, y] = [real, imag].map((values) => values.subarray(0, done + 1));
  return {
    ...plane(1.1 * Math.max(...[heights, real, imag].map(most))), // one scale, wherever the probe stands
    lines: [
      { x, y, name: "running sum", colour: purple, width: 1.2 },
      { x: [0, x.at(-1)], y: [0, y.at(-1)], name: "the sum so far", colour: vermillion, width: 2 },
    ],
    points: [{ x: x.subarray(done), y: y.subarray(done), colour: vermillion }],
    alt:
      `Complex plane: the running sum of ${grouped(done)} terms leads from 0 to ${fixed(x.at(-1), 4)} and ` +
      `${fixed(y.at(-1), 4)} i, which lies ${fixed(Math.hypot(x.at(-1), y.at(-1)), 4)} from 0.`,
  };
}

/** The frame and the probe's cosine, which is as high as the frame, up to where the sum has come. */
function plotFrame({ frame, taps }, settings, rate) {
  const { frequency, window, frame_length: length } = settings;
  const top = most(frame);
  const ms = (samples) => (1000 * samples) / rate;
  const done = summedOf(settings, length);
  const fine = ms(done) / (PROBE_POINTS - 1);
  const cosine = Float32Array.from({ length: done ? PROBE_POINTS : 0 }, (_, i) => {
    return top * Math.cos((2 * Math.PI * frequency * i * fine) / 1000);
  });
  const every = { first: 0, step: ms(1) };
  return {
    x: { label: "Time in the frame (ms)", min: 0, max: ms(length) },
    y: { label: "Amplitude", min: -1.15 * top, max: 1.15 * top },
    lines: [
      { x: { first: 0, step: fine }, y: cosine, name: `cosine of ${hertz(frequency)}`, colour: vermillion, width: 0.8 },
      { x: every, y: frame, name: "frame", colour: blue },
      ...(window === "boxcar"
        ? []
        : [{ x: every, y: taps.map((tap) => tap * top), name: `${capital(window)} window`, colour: green, dash: [5, 3] }]),
    ],
    alt: `The frame, ${fixed(ms(length))} ms long, and the probe's cosine of ${hertz(frequency)} beside it.`,
  };
}

/** The samples of the frame, each turned back by the angle that the probe has reached: the frame wound round 0. */
function plotWinding({ turned_real: real, turned_imag: imag }, settings) {
  const done = summedOf(settings, real.length);
  const [x, y] = [real, imag].map((values) => values.subarray(0, done));
  return {
    ...plane(1.1 * Math.max(most(real), most(imag))),
    lines: [{ x, y, name: `frame, wound round at ${hertz(settings.frequency)}`, colour: blue, width: 0.8 }],
    points: done ? [{ x: x.subarray(-1), y: y.subarray(-1), name: "the newest term", colour: vermillion }] : [],
    alt:
      `Complex plane: ${grouped(done)} samples of the frame wound round the origin, ` +
      `${hertz(settings.frequency)} turns in a second.`,
  };
}

function describeProbe(settings, figure, rate) {
  const { frequency, window, start, frame_length: length, part } = settings;
  const { re, im, reference } = figure;
  const [height, bin] = [heightOf(figure), binOf(settings, rate)];
  const [real, imag] = [re / reference, Math.abs(im / reference)].map((value) => fixed(value, 4));
  const frame = `${grouped(length)} samples (${fixed((1000 * length) / rate)} ms) from ${grouped(start)} ms on`;
  const shown = part < 100 ? ` Drawn are the first ${part} % of the terms.` : "";
  const angle = `${fixed((180 / Math.PI) * Math.atan2(im, re), 0)} degrees`;
  return (
    `${capital(window)} window of ${frame}: bins ${hertz(bin)} apart. At ${hertz(frequency)}, ` +
    `${placeWords(frequency, bin)}, the whole sum is ${real} ${im < 0 ? "\u2212" : "+"} ${imag} i: ` +
    `height ${fixed(height, 4)} (${fixed(toDb(height))} dB), angle ${angle}.${shown}`
  );
}

const PROBE = { name: "frequency", label: "Probe", say: hertz, binOf };

export default explorer({
  panels: [probePanel(plotHeights, PROBE), plotPanel(plotSum), plotPanel(plotFrame), plotPanel(plotWinding)],
  sounds: [
    { want: "sound", label: "The sine found", needs: ({ display, part, ...rest }) => rest },
    { want: "original", label: "The whole sound", needs: () => null },
  ],
  describe: describeProbe,
  ownSound: ownSoundFor("Or move the probe along a sound of your own."),
});
