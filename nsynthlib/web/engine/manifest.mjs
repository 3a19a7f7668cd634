/** What `manifest.json` says: of the spectrogram, of families, and under `models` of each kind. */
import { once } from "./once.mjs";

export const readManifest = once(async () => {
  const found = await fetch(new URL("manifest.json", import.meta.url));
  if (!found.ok) throw new Error(`manifest.json: ${found.status} ${found.statusText}`);
  return found.json();
});
