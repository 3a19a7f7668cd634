/** A cloud of grains, as in `nsynthlib/synthesis/granular.py`. */
import { makeWindow } from "../window.mjs";
import { RATE, SAMPLES } from "./controls.mjs";

/** Grains of `source` of `length` seconds, `density` a second, each up to half of `jitter` off its regular moment. */
export function granular(source, density, length, jitter, random) {
  const size = Math.round(length * RATE);
  const window = makeWindow("hann", size);
  const count = Math.floor(((SAMPLES + size) / RATE) * density) + 1;
  const draw = () => Float64Array.from({ length: count }, random);
  draw(); // the choice of a pitch, of which there is only one
  const [places, moments] = [draw(), draw()];
  const out = new Float64Array(SAMPLES);
  for (let g = 0; g < count; g++) {
    const from = Math.floor(places[g] * (source.length - size));
    const moment = (g + jitter * (moments[g] - 0.5)) / density;
    const to = Math.max(0, Math.round(moment * RATE)) - size;
    for (let i = Math.max(0, -to); i < size && to + i < SAMPLES; i++) out[to + i] += window[i] * source[from + i];
  }
  return out;
}
