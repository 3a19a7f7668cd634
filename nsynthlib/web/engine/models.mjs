/** The trained models in the page: ONNX weights run by onnxruntime-web, all from the site itself. */
import { once } from "./once.mjs";

const RUNTIME = new URL("../vendor/onnxruntime-web/dist/", import.meta.url);
const WHOLE = ["family", "velocity", "seed"]; // inputs that are int64; all others are float32

/** What `manifest.json` says: of the spectrogram, of families, and under `models` of each kind. */
export const readManifest = once(async () => {
  const found = await fetch(new URL("manifest.json", import.meta.url));
  if (!found.ok) throw new Error(`manifest.json: ${found.status} ${found.statusText}`);
  return found.json();
});

const runtime = once(async () => {
  const ort = await import(new URL("ort.wasm.min.mjs", RUNTIME).href);
  ort.env.wasm.numThreads = 1; // more needs headers that a plain file server does not send
  ort.env.wasm.wasmPaths = RUNTIME.href;
  return ort;
});

/** A network, whose weights are loaded when it is first asked something. */
const session = once(async (file) => {
  const ort = await runtime();
  return ort.InferenceSession.create(new URL(file, import.meta.url).href);
});

function toTensor(ort, name, value, dims) {
  if (typeof value !== "number") return new ort.Tensor("float32", Float32Array.from(value), dims);
  if (WHOLE.includes(name)) return new ort.Tensor("int64", BigInt64Array.of(BigInt(value)), [1]);
  return new ort.Tensor("float32", Float32Array.of(value), [1]);
}

/** The runtime takes one run at a time; later ones wait here. */
let queue = Promise.resolve();

/** What one `part` of a kind of model gives, of inputs by name; it takes those that it knows. */
async function run(kind, part, inputs, dims) {
  const { families, models } = await readManifest();
  const network = await session(models[kind][part].file);
  const ort = await runtime();
  const values = { ...inputs, family: families.indexOf(inputs.family) }; // a name, where there is one
  const feed = network.inputNames.map((name) => [name, toTensor(ort, name, values[name], dims)]);
  const running = queue.then(() => network.run(Object.fromEntries(feed)));
  queue = running.catch(() => {});
  return (await running)[network.outputNames[0]].data;
}

/**
 * The posterior's mean, `latent_dim` numbers, of a picture: decibels `[n_mels, frames]`, low bands first.
 *
 * @param kind "ae", "vae" or "cvae"; the last is told `{ pitch, family, velocity }`, whose pitch may have a fraction and
 *   whose family is a name
 */
export async function encode(kind, decibels, told = {}) {
  const { n_mels: rows } = await readManifest();
  return run(kind, "encoder", { ...told, db: decibels }, [1, rows, decibels.length / rows]);
}

/** Decibels `[n_mels, frames]`, low bands first, of a latent vector; a CVAE is told `texture` and `seed` as well. */
export const decode = (kind, z, told = {}) => run(kind, "decoder", { ...told, z }, [1, z.length]);
