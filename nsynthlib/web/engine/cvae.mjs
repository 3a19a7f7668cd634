/** Notes that the CVAE makes of a point of its latent space: the answers of `nsynthlib/widgets/cvae.py`. */
import { readManifest } from "./manifest.mjs";
import { decode } from "./models.mjs";
import { toHeld } from "./held.mjs";
import { drawPicture, toSamples, toSound } from "./pictures.mjs";

const padOf = ({ families, models }, family) => models.cvae.pads[families.indexOf(family)];

/** Latent vector at a place of a family's pad: `x` and `y` are standard deviations from its middle. */
function latent({ middle, directions: [right, up] }, { x, y }) {
  return Float32Array.from(middle, (value, i) => value + x * right[i] + y * up[i]);
}

/** The picture of a note `{ pitch, family, velocity, x, y, texture }`, whose family is a name. */
async function pictureOf(note) {
  const manifest = await readManifest();
  const z = latent(padOf(manifest, note.family), note);
  return { manifest, decibels: await decode("cvae", z, { ...note, seed: 0 }) };
}

/** The last decoded note, since its sound is asked for right after its figure. */
let last = { key: null, note: null };

async function decodeOnce(settings) {
  const key = JSON.stringify(settings);
  if (last.key !== key) last = { key, note: await pictureOf(settings) };
  return last.note;
}

export const cvae = {
  async figure({ settings }) {
    const { decibels, manifest } = await decodeOnce(settings);
    return { ...drawPicture(decibels, manifest), ends: padOf(manifest, settings.family).ends.slice(0, 2) };
  },
  async sound({ settings }, onStep) {
    const { decibels, manifest } = await decodeOnce(settings);
    return toSound(decibels, manifest, onStep);
  },
  /** The sound as it is played on keys. */
  async held({ settings }, onStep) {
    const { decibels, manifest } = await pictureOf(settings);
    const audio = await toSamples(decibels, manifest, manifest.n_iter, onStep);
    return audio && toHeld(audio);
  },
  /** The decoder's answer as it is, for whoever wants to compare. */
  async decibels({ settings }) {
    const { decibels, manifest } = await pictureOf(settings);
    return { decibels: Float32Array.from(decibels), rows: manifest.n_mels, cols: decibels.length / manifest.n_mels };
  },
};
