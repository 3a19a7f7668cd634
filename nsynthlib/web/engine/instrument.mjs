/** Notes that can be held, for the instrument, and the vectors of sounds to play. */
import constants from "../../constants.json" with { type: "json" };
import { toHeld } from "./held.mjs";
import { readManifest } from "./manifest.mjs";
import { decode, encode, load } from "./models.mjs";
import { toPicture, toSamples } from "./pictures.mjs";

const { n_iter: ITERATIONS } = constants.instrument;

/** The picture of what is told; `null` if it was aborted. That of the `other` family is mixed in by `position`. */
async function pictureOf(z, { other, position, ...told }, step) {
  const decibels = await decode("cvae", z, { ...told, seed: 0 });
  if (!(await step(0, 1))) return null;
  if (!other) return decibels;
  const mixed = await decode("cvae", z, { ...told, family: other, seed: 0 });
  return decibels.map((value, i) => value + position * (mixed[i] - value));
}

export const instrument = {
  /** Loads the decoder. */
  async load(_, onStep) {
    await load("cvae", "decoder", (part) => onStep(part, 1));
    return {};
  },
  /**
   * A note of settings `{ pitch, family, velocity, texture, z }`, and `other` and `position` where it is a morph of two
   * families; what is `urgent` is made without a pause, before all others that were asked for.
   */
  async note({ settings: { z, urgent, ...told } }, onStep) {
    const step = urgent ? () => true : onStep;
    const manifest = await readManifest();
    const decibels = await pictureOf(z, told, step);
    const audio = decibels && (await toSamples(decibels, manifest, ITERATIONS, step));
    return audio && toHeld(audio);
  },
  /** The vector `z` of a sound as long as a note, of which `{ pitch, family, velocity }` are told. */
  async vector({ note, settings }) {
    const manifest = await readManifest();
    return { z: (await encode("cvae", toPicture(note, manifest), settings)).slice() };
  },
};
