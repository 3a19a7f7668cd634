/** The trained decoder in the page: ONNX weights run by onnxruntime-web, all from the site itself. */

const RUNTIME = new URL("../vendor/onnxruntime-web/dist/", import.meta.url);

/** The runtime, the weights and what `manifest.json` says of them; loaded once, when first asked for. */
let loaded = null;

async function load() {
  const found = await fetch(new URL("manifest.json", import.meta.url));
  if (!found.ok) throw new Error(`manifest.json: ${found.status} ${found.statusText}`);
  const manifest = await found.json();
  const ort = await import(new URL("ort.wasm.min.mjs", RUNTIME).href);
  ort.env.wasm.numThreads = 1; // more needs headers that a plain file server does not send
  ort.env.wasm.wasmPaths = RUNTIME.href;
  const session = await ort.InferenceSession.create(new URL(manifest.decoder, import.meta.url).href);
  return { ort, manifest, session };
}

/** `{ ort, manifest, session }`; a failed load is tried again at the next call. */
export function decoder() {
  loaded ??= load().catch((error) => {
    loaded = null;
    throw error;
  });
  return loaded;
}

/** Latent vector of one of a family's points, moved by `x` and `y` along the manifest's two axes. */
export function latent(manifest, { family, point, x, y }) {
  const z = Float32Array.from(manifest.points[manifest.families.indexOf(family)][point]);
  z[manifest.axes[0]] += x;
  z[manifest.axes[1]] += y;
  return z;
}

/** The session takes one run at a time; later ones wait here. */
let queue = Promise.resolve();

/**
 * Decibels `[n_mels, frames]`, low bands first, of a note `{ pitch, family, velocity, point, x, y, texture }`, whose
 * family is a name.
 */
export async function decode(note) {
  const { ort, manifest, session } = await decoder();
  const whole = (value) => new ort.Tensor("int64", BigInt64Array.of(BigInt(value)), [1]);
  const real = (value) => new ort.Tensor("float32", Float32Array.of(value), [1]);
  const inputs = {
    z: new ort.Tensor("float32", latent(manifest, note), [1, manifest.latent_dim]),
    pitch: real(note.pitch), // a MIDI number; a fraction would be out of tune
    family: whole(manifest.families.indexOf(note.family)),
    velocity: whole(note.velocity),
    texture: real(note.texture),
    seed: whole(note.point), // another note has another texture
  };
  const run = queue.then(() => session.run(inputs));
  queue = run.catch(() => {});
  const { db } = await run;
  const [, rows, cols] = db.dims;
  return { decibels: db.data, rows, cols, manifest };
}
