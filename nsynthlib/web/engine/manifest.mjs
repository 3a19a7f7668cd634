/** What `manifest.json` says: of the spectrogram, of families, and under `models` of each kind. */
import { fetchFile } from "./fetching.mjs";
import { once } from "./once.mjs";

export const readManifest = once(async () => {
  const found = await fetchFile(new URL("manifest.json", import.meta.url));
  return found.json();
});
