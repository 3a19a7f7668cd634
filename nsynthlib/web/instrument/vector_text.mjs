/** A latent vector as letters of a link, and back; what a link cannot hold is rounded away before it sounds. */

const SCALE = 4096; // steps to 1 of a vector in a link

export function writeVector(z) {
  const steps = Int16Array.from(z, (value) => Math.max(-32768, Math.min(32767, Math.round(value * SCALE))));
  const text = btoa(String.fromCharCode(...new Uint8Array(steps.buffer)));
  return text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

export function readVector(text) {
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
  return Float64Array.from(new Int16Array(bytes.buffer, 0, bytes.length >> 1), (step) => step / SCALE);
}
