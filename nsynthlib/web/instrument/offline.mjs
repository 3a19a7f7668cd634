/** Keeps what the instrument's page needs, so that it opens without a network; see `book/_extra/instrument_offline.js`. */
const KEPT = "instrument";
const ENGINE = ["worker.mjs", "manifest.json", "cvae_decoder.onnx", "cvae_encoder.onnx"];
const RUNTIME = ["ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"];

/** Addresses of all that the page and its workers have loaded or may yet load. */
function addresses() {
  const here = (folder) => (name) => new URL(folder + name, import.meta.url).href;
  const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
  const page = location.href.replace(/#.*/, "");
  const all = [page, ...loaded, ...ENGINE.map(here("./")), ...RUNTIME.map(here("../vendor/onnxruntime-web/dist/"))];
  return [...new Set(all)].filter((address) => address.startsWith(`${location.origin}/`));
}

/** Whether the page can be opened without a network from now on. */
export async function keepForOffline() {
  if (!navigator.serviceWorker || !window.caches) return false;
  try {
    await navigator.serviceWorker.register(new URL("../../instrument_offline.js", import.meta.url));
    const cache = await caches.open(KEPT);
    await cache.addAll(addresses());
    return true;
  } catch {
    return false; // no room, or a browser that keeps nothing for a private window
  }
}
