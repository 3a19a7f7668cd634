/** HTK mel bands and the way back to magnitudes. Bands and bins lie frame by frame. */

const hzToMel = (hz) => 2595 * Math.log10(1 + hz / 700);
const melToHz = (mel) => 700 * (10 ** (mel / 2595) - 1);

/**
 * Triangular HTK filters of height 1 from 0 Hz to half the sample rate (torchaudio's, `norm=None`).
 *
 * Neighbouring triangles overlap by half, so each bin lies on the falling side of one band and on the rising side
 * of the next, and these two weights per bin are all there is. `band[k]` is where bin `k` falls, `band[k] + 1` where
 * it rises, both counted with one empty band before the first and one after the last.
 */
export function melFilterbank(nMels, nFft, sampleRate) {
  const bins = nFft / 2 + 1;
  const top = hzToMel(sampleRate / 2);
  const edges = Array.from({ length: nMels + 2 }, (_, i) => melToHz((top * i) / (nMels + 1)));
  const band = new Int32Array(bins);
  const fall = new Float64Array(bins);
  const rise = new Float64Array(bins);
  for (let k = 0, below = 0; k < bins; k++) {
    const hz = (k * sampleRate) / nFft;
    while (below < nMels && hz > edges[below + 1]) below++;
    band[k] = below;
    rise[k] = Math.min(1, (hz - edges[below]) / (edges[below + 1] - edges[below]));
    fall[k] = 1 - rise[k];
  }
  return { band, fall, rise, bins, nMels };
}

/** Bands of one frame: `mel` (with its two empty bands) of `magnitude`. */
function up({ band, fall, rise }, magnitude, mel) {
  mel.fill(0);
  for (let k = 0; k < magnitude.length; k++) {
    mel[band[k]] += fall[k] * magnitude[k];
    mel[band[k] + 1] += rise[k] * magnitude[k];
  }
  mel[0] = 0;
  mel[mel.length - 1] = 0;
}

/** The transposed filters: bins of one frame of bands. */
function down({ band, fall, rise }, mel, magnitude) {
  for (let k = 0; k < magnitude.length; k++) magnitude[k] = fall[k] * mel[band[k]] + rise[k] * mel[band[k] + 1];
}

/** Mel bands of magnitudes. */
export function magnitudeToMel(magnitude, filterbank) {
  const { bins, nMels } = filterbank;
  const frames = magnitude.length / bins;
  const result = new Float64Array(frames * nMels);
  const mel = new Float64Array(nMels + 2);
  for (let n = 0; n < frames; n++) {
    up(filterbank, magnitude.subarray(n * bins, (n + 1) * bins), mel);
    result.set(mel.subarray(1, nMels + 1), n * nMels);
  }
  return result;
}

/**
 * Non-negative magnitudes whose mel bands are nearest to `mel`: least squares by multiplicative updates (Lee and
 * Seung 2001), started from the transposed filters.
 */
export function melToMagnitude(mel, filterbank, iterations = 40) {
  const { bins, nMels } = filterbank;
  const frames = mel.length / nMels;
  const result = new Float64Array(frames * bins);
  const [bands, sums] = [new Float64Array(nMels + 2), new Float64Array(nMels + 2)];
  const [target, spread] = [new Float64Array(bins), new Float64Array(bins)];
  up(filterbank, new Float64Array(bins).fill(1), sums);
  for (let n = 0; n < frames; n++) {
    const magnitude = result.subarray(n * bins, (n + 1) * bins);
    bands.fill(0);
    bands.set(mel.subarray(n * nMels, (n + 1) * nMels), 1);
    down(filterbank, bands, target);
    for (let b = 0; b < bands.length; b++) bands[b] /= Math.max(sums[b], 1e-8);
    down(filterbank, bands, magnitude);
    for (let done = 0; done < iterations; done++) {
      up(filterbank, magnitude, bands);
      down(filterbank, bands, spread);
      for (let k = 0; k < bins; k++) magnitude[k] *= target[k] / Math.max(spread[k], 1e-8);
    }
  }
  return result;
}
