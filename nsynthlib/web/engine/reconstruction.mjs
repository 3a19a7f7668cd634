/** Notes through the models and back: the answers of `nsynthlib/widgets/reconstruction.py`. */
import constants from "../../constants.json" with { type: "json" };
import { isSame } from "../dsp/synthesis/notes.mjs";
import { measureTuning } from "../dsp/tuning.mjs";
import { asFile, levelPart, toCells } from "./forms.mjs";
import { readManifest } from "./manifest.mjs";
import { decode, encode } from "./models.mjs";
import { once } from "./once.mjs";
import { drawPicture, toPicture, toSound } from "./pictures.mjs";

const { smoothing_frames: FRAMES } = constants;
const [ALL, WAYS] = [constants.choices.way.at(-1), constants.choices.way.slice(0, -1)];

const waysOf = (way) => (way === ALL ? WAYS : [way]);

/** A picture whose rows are moving averages over 9 frames, shorter ones at the ends. */
function smoothed(decibels, cols) {
  const reach = (FRAMES - 1) / 2;
  return decibels.map((_, i) => {
    const [first, at] = [i - (i % cols), i % cols];
    const [from, to] = [Math.max(0, at - reach), Math.min(cols, at + reach + 1)];
    let sum = 0;
    for (let c = from; c < to; c++) sum += decibels[first + c];
    return sum / (to - from);
  });
}

/** The last note, analysed: every setting needs it again. */
let last = { note: null };

/**
 * A note's picture `original`; `centsAt(pitch)`, the tuning that is measured there; and `made(key, way, settings)`, what
 * a way makes of it, by a key for the way and for what it is told.
 */
function analyse(note, manifest) {
  const analysed = {
    note,
    manifest,
    original: toPicture(note, manifest),
    centsAt: once(async (pitch) => measureTuning(note, pitch, manifest.sample_rate)),
    made: once((_, way, settings) => makePicture(way, analysed, settings)),
  };
  return analysed;
}

async function analyseOnce(note) {
  const manifest = await readManifest();
  if (note.length !== manifest.samples) throw new Error(`a note has ${manifest.samples} samples, not ${note.length}`);
  if (!isSame(last.note, note)) last = analyse(note, manifest);
  return last;
}

/** What the CVAE is told of a note: its labels, and how far it lies beside its pitch. */
async function toldOf({ centsAt }, { pitch, family, velocity }) {
  return { pitch: pitch + (await centsAt(pitch)) / 100, family, velocity, texture: 0, seed: 0 };
}

async function makePicture(way, analysed, settings) {
  const { original, manifest } = analysed;
  if (way === "copy") return original;
  if (way === "smoothed") return smoothed(original, original.length / manifest.n_mels);
  const told = way === "cvae" ? await toldOf(analysed, settings) : {};
  return decode(way, await encode(way, original, told), told);
}

/** The picture that `way` makes of an analysed note. */
function pictureOf(way, analysed, settings) {
  const { pitch, family, velocity } = settings;
  return analysed.made(way === "cvae" ? [way, pitch, family, velocity].join() : way, way, settings);
}

/** Root mean square difference of two pictures, in decibels. */
function difference(one, other) {
  return Math.sqrt(one.reduce((sum, value, i) => sum + (value - other[i]) ** 2, 0) / one.length);
}

/** The sound of what a way makes of a note. */
const soundBy = (way) => async ({ note, settings }, onStep) => {
  const analysed = await analyseOnce(note);
  return toSound(await pictureOf(way, analysed, settings), analysed.manifest, onStep);
};

export const reconstruction = {
  original: ({ note, sampleRate }) => asFile(note, sampleRate),
  /** The original's cells as `cells`, each way's by its name; and `errors`, in decibels, by the same names. */
  async figure({ note, settings }) {
    const analysed = await analyseOnce(note);
    const cents = await analysed.centsAt(settings.pitch);
    const answer = { ...drawPicture(analysed.original, analysed.manifest), errors: {}, cents };
    for (const way of waysOf(settings.way)) {
      const decibels = await pictureOf(way, analysed, settings);
      answer[way] = toCells(decibels, levelPart);
      answer.errors[way] = difference(decibels, analysed.original);
    }
    return answer;
  },
  ...Object.fromEntries(WAYS.map((way) => [way, soundBy(way)])),
  /** What a model makes of a note as it is, for whoever wants to compare: its picture, the vector, the picture of that. */
  async decibels({ note, settings }) {
    const analysed = await analyseOnce(note);
    const told = await toldOf(analysed, settings);
    const z = await encode(settings.way, analysed.original, told);
    const decibels = await decode(settings.way, z, told);
    return { original: analysed.original.slice(), z: z.slice(), decibels: decibels.slice() };
  },
};
