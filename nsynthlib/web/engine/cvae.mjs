/** Notes that the CVAE makes of a point of its latent space: the answers of `nsynthlib/widgets/cvae.py`. */
import { decode, readManifest } from "./models.mjs";
import { drawPicture, toSound } from "./pictures.mjs";

/** Latent vector of one of a family's points, moved by `x` and `y` along the manifest's two axes. */
function latent({ families, models }, { family, point, x, y }) {
  const { points, axes } = models.cvae;
  const z = Float32Array.from(points[families.indexOf(family)][point]);
  z[axes[0]] += x;
  z[axes[1]] += y;
  return z;
}

/**
 * The picture of a note `{ pitch, family, velocity, point, x, y, texture }`, whose family is a name; another point has
 * another texture.
 */
async function pictureOf(note) {
  const manifest = await readManifest();
  return { manifest, decibels: await decode("cvae", latent(manifest, note), { ...note, seed: note.point }) };
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
    return drawPicture(decibels, manifest);
  },
  async sound({ settings }, onStep) {
    const { decibels, manifest } = await decodeOnce(settings);
    return toSound(decibels, manifest, onStep);
  },
  /** The decoder's answer as it is, for whoever wants to compare. */
  async decibels({ settings }) {
    const { decibels, manifest } = await pictureOf(settings);
    return { decibels: Float32Array.from(decibels), rows: manifest.n_mels, cols: decibels.length / manifest.n_mels };
  },
};
