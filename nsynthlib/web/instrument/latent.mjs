/** From settings to what the decoder is told: a family and a latent vector. */
import { readSound } from "./settings.mjs";
import { readVector } from "./vector_text.mjs";

const OWN = "own"; // the point that is a reader's own sound

/** What `models.cvae` of the manifest says of a family: middle, directions, ends, points. */
const padOf = ({ families, models }, family) => models.cvae.pads[families.indexOf(family)];

/** Where a sound begins from, if the model has it: its family's middle, a named point of it, or a reader's own. */
function findBase(manifest, { family, point }, own) {
  const { middle, points = [] } = padOf(manifest, family);
  if (point === "") return middle;
  const found = point === OWN ? readVector(own) : points.find(({ name }) => name === point)?.z;
  return found?.length === middle.length ? found : null;
}

/** A line for a reader where a sound's point is none; nothing where it is one. */
export function refusePoint(manifest, sound, own) {
  if (findBase(manifest, sound, own)) return null;
  return `point: ${JSON.stringify(sound.point)} is no point of the family ${sound.family}; its middle is played`;
}

/** The vector of a sound: `x`, `y`, `u` and `v` are standard deviations along its family's directions. */
export function vectorOf(manifest, sound, own) {
  const { directions } = padOf(manifest, sound.family);
  const places = [sound.x, sound.y, sound.u, sound.v];
  const moved = (value, i) => directions.reduce((sum, way, k) => sum + places[k] * way[i], value);
  return Float64Array.from(findBase(manifest, sound, own) ?? padOf(manifest, sound.family).middle, moved);
}

const lengthOf = (z) => Math.sqrt(z.reduce((sum, value) => sum + value * value, 0));

/**
 * `part` of the way from `a` to `b` along a sphere (Shoemake 1985): direction and length change evenly. Where there is no direction to turn from, or no one way to turn, it is the straight line.
 */
export function slerp(a, b, part) {
  const [lengthA, lengthB] = [lengthOf(a), lengthOf(b)];
  const cosine = a.reduce((sum, value, i) => sum + value * b[i], 0) / (lengthA * lengthB);
  const angle = Math.acos(Math.max(-1, Math.min(1, cosine)));
  if (!(Math.sin(angle) > 1e-6)) return a.map((value, i) => value + part * (b[i] - value));
  const length = lengthA + part * (lengthB - lengthA);
  const [weightA, weightB] = [Math.sin((1 - part) * angle) / lengthA, Math.sin(part * angle) / lengthB];
  return a.map((value, i) => ((weightA * value + weightB * b[i]) * length) / Math.sin(angle));
}

/**
 * What the decoder is told by settings beside pitch and velocity: `{ family, z, texture }`. A family is a name, and
 * there is nothing between two names: of two sounds of different families, the picture of the `other` is mixed in by
 * `position`.
 */
export function toldOf(manifest, settings) {
  const { family, own, second, morph, texture } = settings;
  const z = vectorOf(manifest, settings, own);
  if (!second || morph === 0) return { family, z, texture };
  const sound = readSound(second);
  const other = sound.family === family ? {} : { other: sound.family, position: morph };
  return { family, z: slerp(z, vectorOf(manifest, sound, own), morph), texture, ...other };
}
