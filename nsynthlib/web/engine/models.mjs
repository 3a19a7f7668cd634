/** The trained models in the page: ONNX weights run by onnxruntime-web, all from the site itself. */
import { fetchFile } from "./fetching.mjs";
import { readManifest } from "./manifest.mjs";
import { once } from "./once.mjs";

const RUNTIME = new URL("../vendor/onnxruntime-web/dist/", import.meta.url);
const WHOLE = ["family", "velocity", "seed"]; // inputs that are int64; all others are float32


/** A file's bytes; `onProgress(part)` hears how much of it is there, where the server tells how much there is. */
async function fetchBytes(url, onProgress) {
  const found = await fetchFile(url);
  const size = Number(found.headers.get("content-length"));
  if (!onProgress || !size) return new Uint8Array(await found.arrayBuffer());
  let there = 0;
  const count = new TransformStream({
    transform(part, control) {
      onProgress(Math.min(1, (there += part.length) / size));
      control.enqueue(part);
    },
  });
  return new Uint8Array(await new Response(found.body.pipeThrough(count)).arrayBuffer());
}

/** Its WebAssembly is handed over: what the runtime itself fails to load, it never tries again. */
const runtime = once(async () => {
  const ort = await import(new URL("ort.wasm.min.mjs", RUNTIME).href);
  ort.env.wasm.numThreads = 1; // more needs headers that a plain file server does not send
  ort.env.wasm.wasmPaths = RUNTIME.href;
  ort.env.wasm.wasmBinary = await fetchBytes(new URL("ort-wasm-simd-threaded.wasm", RUNTIME));
  return ort;
});

/** A network, whose weights are loaded when it is first asked something. */
const session = once(async (file, onProgress) => {
  const [ort, bytes] = await Promise.all([runtime(), fetchBytes(new URL(file, import.meta.url), onProgress)]);
  return ort.InferenceSession.create(bytes);
});

/** Loads a `part` of a kind of model before it is asked something. */
export async function load(kind, part, onProgress) {
  const { models } = await readManifest();
  await session(models[kind][part].file, onProgress);
}

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
