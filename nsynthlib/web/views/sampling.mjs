/** The explorer of sampling and quantisation, of a sine or of another sound. */
import constants from "../../constants.json" with { type: "json" };
import { explorer } from "../page/explorer.mjs";
import { fixed, grouped } from "../page/format.mjs";
import { ownSoundFor } from "../page/own_sound.mjs";
import { plotPanel } from "../page/plot_panel.mjs";

const MOST_STEMS = 96; // beyond it, samples lie too close to be told apart
const FAINTEST_DB = constants.floor_db; // of a share that is worth a number
const { original_rate: ORIGINAL_RATE, spectrum_floor_db: FLOOR_DB } = constants.sampling;
const LEVELS = [0, 1, 2, 3].map((part) => (part / 3) * FLOOR_DB);
const { blue, vermillion, purple } = constants.colours;
const ALIAS = { colour: purple, dash: [6, 3], width: 1.5 };

const hz = (value) => `${grouped(Math.round(value))} Hz`;

/** What a sine at `frequency` becomes. */
function foldWords({ frequency, rate }, alias) {
  if (2 * frequency < rate) return `${hz(frequency)} lies below half the sample rate and stays where it is`;
  if (2 * frequency === rate) return `${hz(frequency)} is half the sample rate: every sample falls on a zero`;
  return `${hz(frequency)} lies beyond half the sample rate and is heard as ${hz(Math.abs(alias))}`;
}

/** What a reader's own sound loses to frequencies that fold: their share of its power, in dB. */
function foldedDb(original, rate) {
  const power = (db) => 10 ** (db / 10);
  const first = Math.ceil(((original.length - 1) * rate) / ORIGINAL_RATE);
  const sum = (part) => part.reduce((total, db) => total + power(db), 0);
  return 10 * Math.log10(sum(original.subarray(first)) / sum(original));
}

/** What of a reader's own sound changes its place. */
function ownWords(original, rate) {
  if (rate === ORIGINAL_RATE) return "nothing folds";
  const share = foldedDb(original, rate);
  const much = share > FAINTEST_DB ? `${fixed(share, 0)} dB of its power` : "hardly anything";
  return `beyond ${hz(rate / 2)}, where it folds, lies ${much} at its loudest moment`;
}

function plotWave({ span, alias, curve, folded, samples, original }, settings) {
  const { frequency, rate, bits, level } = settings;
  const place = (step) => ({ first: 0, step: 1000 * step });
  const fine = place(span / (curve.length - 1));
  const top = Math.max(10 ** (level / 20), 2 ** (1 - bits)) * 1.15;
  const aliased = !original && 2 * frequency > rate;
  const source = original ? "the chosen sound" : `a sine of ${hz(frequency)}`;
  const heard = { x: place(1 / rate), y: samples, colour: vermillion };
  const few = samples.length <= MOST_STEMS;
  return {
    x: { label: "Time (ms)", min: 0, max: 1000 * span },
    y: { label: "Amplitude (full scale = 1)", min: -top, max: top },
    lines: [
      { x: fine, y: curve, name: original ? "original" : `original, ${hz(frequency)}`, colour: blue },
      ...(aliased ? [{ x: fine, y: folded, name: `alias, ${hz(Math.abs(alias))}`, ...ALIAS }] : []),
      ...(few ? [] : [{ ...heard, name: "samples" }]),
    ],
    points: few ? [{ ...heard, name: "samples", stems: 0 }] : [],
    alt:
      `Waveform of ${fixed(1000 * span, 2)} ms: ${source}, ${samples.length} samples of ${bits} bits` +
      `${aliased ? `, which lie on a sine of ${hz(Math.abs(alias))} as well` : ""}.`,
  };
}

const LEVEL_AXIS = {
  label: "Level (dB, full scale = 0)",
  min: FLOOR_DB,
  max: 5,
  ticks: LEVELS.map((db) => [db, fixed(db, 0)]),
};

/** The samples' spectrum over the original's, twice as far as the samples reach: the fold is in the middle. */
function plotOwnSpectrum({ spectrum, original }, rate) {
  const line = (y, reach, look) => ({ x: { first: 0, step: reach / (y.length - 1) }, y, ...look });
  return {
    x: { label: "Frequency (Hz)", min: 0, max: Math.min(rate, ORIGINAL_RATE / 2) },
    y: LEVEL_AXIS,
    lines: [
      line(spectrum, rate / 2, { name: "samples", colour: vermillion, width: 1 }),
      line(original, ORIGINAL_RATE / 2, { name: "original", colour: blue, width: 1 }),
    ],
    marks: [halfMark(rate)],
    alt:
      `Spectra of the loudest moment, in decibels down to ${fixed(FLOOR_DB, 0)}: the samples' up to ${hz(rate / 2)} ` +
      `and the original's; ${ownWords(original, rate)}.`,
  };
}

const halfMark = (rate) => ({ x: rate / 2, name: `half the sample rate, ${hz(rate / 2)}`, dash: [2, 3] });

function plotSpectrum({ alias, spectrum, original }, { frequency, rate }) {
  if (original) return plotOwnSpectrum({ spectrum, original }, rate);
  const end = 1.06 * Math.max(rate / 2, frequency);
  const last = spectrum.length - 1;
  const heard = Math.abs(alias);
  const aliased = 2 * frequency > rate;
  return {
    x: { label: "Frequency (Hz)", min: 0, max: end },
    y: LEVEL_AXIS,
    lines: [{ x: { first: 0, step: rate / 2 / last }, y: spectrum, name: "samples", colour: vermillion }],
    marks: [
      halfMark(rate),
      { x: frequency, name: `original, ${hz(frequency)}`, colour: blue, dash: [10, 4], width: 1.5 },
      ...(aliased ? [{ x: heard, name: `alias, ${hz(heard)}`, ...ALIAS }] : []),
    ],
    alt:
      `Spectrum of the samples up to ${hz(rate / 2)}, in decibels down to ${fixed(FLOOR_DB, 0)}: ` +
      `${foldWords({ frequency, rate }, alias)}.`,
  };
}

function describeSampling({ frequency, rate, bits, dither, level }, { alias, original }) {
  const steps = `${grouped(2 ** bits)} steps of ${fixed(20 * Math.log10(2 ** (1 - bits)))} dB each`;
  const noise = dither ? "with triangular dither of two steps' width" : "without dither";
  const folding = original ? ownWords(original, rate) : foldWords({ frequency, rate }, alias);
  const source = original ? "The chosen sound, its peak at" : "A sine of";
  const sampled = `${grouped(rate)} samples a second: ${folding}`;
  return `${source} ${fixed(level, 0)} dBFS in ${sampled}. ${bits} bits, ${steps}, ${noise}.`;
}

export default explorer({
  panels: [plotPanel(plotWave), plotPanel(plotSpectrum)],
  sounds: [
    { want: "sound", label: "Sampled and quantised" },
    { want: "original", label: "Original", needs: ({ frequency, level }) => [frequency, level] },
  ],
  describe: describeSampling,
  ownSound: ownSoundFor((model) => {
    const offered = Object.keys(model.get("sounds")).length ? "one of these sounds, or " : "";
    return `Sample ${offered}a sound of your own instead of the sine.`;
  }),
});
