/**
 * A fast Fourier transform that travels in a view: a notebook has no place to import fft.js from, which the book's
 * engine uses.
 */

/** The place of each of `size` values when the bits of its number are read backwards. */
function reversedPlaces(size) {
  const places = new Uint32Array(size);
  for (let i = 1; i < size; i++) places[i] = (places[i >> 1] >> 1) | (i & 1 ? size >> 1 : 0);
  return places;
}

/** What a transform of `size` points, a power of two, needs to know. */
export function makeFFT(size) {
  if (size < 2 || size & (size - 1)) throw new Error(`an FFT of ${size} points is not offered; give a power of two`);
  const turn = (k) => (2 * Math.PI * k) / size;
  const cos = Float64Array.from({ length: size / 2 }, (_, k) => Math.cos(turn(k)));
  const sin = Float64Array.from({ length: size / 2 }, (_, k) => Math.sin(turn(k)));
  return { size, cos, sin, places: reversedPlaces(size) };
}

function exchange(values, i, j) {
  const kept = values[i];
  values[i] = values[j];
  values[j] = kept;
}

/** The discrete Fourier transform of `re` + i `im`, in their place (Cooley and Tukey 1965, radix 2). */
export function transform({ size, cos, sin, places }, re, im) {
  for (let i = 0; i < size; i++) {
    if (places[i] <= i) continue;
    exchange(re, i, places[i]);
    exchange(im, i, places[i]);
  }
  for (let half = 1; half < size; half *= 2) {
    const step = size / (2 * half);
    for (let first = 0; first < size; first += 2 * half) {
      for (let k = 0, low = first, high = first + half; k < half; k++, low++, high++) {
        const c = cos[k * step];
        const s = sin[k * step];
        const a = c * re[high] + s * im[high];
        const b = c * im[high] - s * re[high];
        re[high] = re[low] - a;
        im[high] = im[low] - b;
        re[low] += a;
        im[low] += b;
      }
    }
  }
}
