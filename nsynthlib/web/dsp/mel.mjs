/** Mel bands and the way back to magnitudes. Bands and bins lie frame by frame. */
import constants from "../../constants.json" with { type: "json" };

/** Where Slaney's scale turns from linear to logarithmic, and how often bins are brought nearer to their bands. */
const { knee_hz: KNEE_HZ, knee_mel: KNEE_MEL, n_iter: ITERATIONS } = constants.mel;
const STEP = Math.log(6.4) / 27; // natural logarithm of the ratio of two frequencies one mel apart, above it

/** Both scales in use, each with the way back. */
const SCALES = {
  htk: {
    toMel: (hz) => 2595 * Math.log10(1 + hz / 700),
    toHz: (mel) => 700 * (10 ** (mel / 2595) - 1),
  },
  slaney: {
    toMel: (hz) => (hz < KNEE_HZ ? (hz * KNEE_MEL) / KNEE_HZ : KNEE_MEL + Math.log(hz / KNEE_HZ) / STEP),
    toHz: (mel) => (mel < KNEE_MEL ? (mel * KNEE_HZ) / KNEE_MEL : KNEE_HZ * Math.exp(STEP * (mel - KNEE_MEL))),
  },
};

/** The `nMels + 2` corners in hertz of `nMels` triangles from `low` to `high` hertz, evenly spaced on the scale. */
export function melCorners(nMels, low, high, melScale) {
  const known = constants.choices.mel_scale;
  if (!known.includes(melScale)) {
    throw new Error(`mel_scale '${melScale}' is unknown; choose one of ${known.join(", ")}`);
  }
  const { toMel, toHz } = SCALES[melScale];
  const [first, last] = [toMel(low), toMel(high)];
  return Float64Array.from({ length: nMels + 2 }, (_, i) => toHz(first + ((last - first) * i) / (nMels + 1)));
}

/**
 * Triangular filters of height 1 from `low` to `high` hertz (`norm=None` of librosa and torchaudio), with their corners
 * spaced evenly on the scale `melScale`, "htk" or "slaney".
 *
 * Neighbouring triangles overlap by half, so each bin lies on the falling side of one band and on the rising side
 * of the next, and these two weights per bin are all there is. `band[k]` is where bin `k` falls, `band[k] + 1` where
 * it rises, both counted with one empty band before the first and one after the last.
 */
export function melFilterbank(nMels, nFft, sampleRate, melScale, low = 0, high = sampleRate / 2) {
  const bins = nFft / 2 + 1;
  const edges = melCorners(nMels, low, high, melScale);
  const band = new Int32Array(bins);
  const fall = new Float64Array(bins);
  const rise = new Float64Array(bins);
  for (let k = 0, below = 0; k < bins; k++) {
    const hz = (k * sampleRate) / nFft;
    while (below < nMels && hz > edges[below + 1]) below++;
    band[k] = below;
    rise[k] = Math.max(0, Math.min(1, (hz - edges[below]) / (edges[below + 1] - edges[below])));
    fall[k] = 1 - rise[k];
  }
  // The empty bands take no part.
  for (let k = 0; k < bins; k++) {
    if (band[k] === 0) fall[k] = 0;
    if (band[k] === nMels) rise[k] = 0;
  }
  return { band, fall, rise, bins, nMels };
}

/** How many bands are so narrow that no bin lies in them. */
export function countEmpty({ band, fall, rise, nMels }) {
  const used = new Set();
  band.forEach((below, k) => {
    if (fall[k] > 0) used.add(below);
    if (rise[k] > 0) used.add(below + 1);
  });
  return nMels - used.size;
}

/** Bands of one frame: `mel` (with its two empty bands) of `magnitude`. */
function up({ band, fall, rise }, magnitude, mel) {
  mel.fill(0);
  for (let k = 0; k < magnitude.length; k++) {
    mel[band[k]] += fall[k] * magnitude[k];
    mel[band[k] + 1] += rise[k] * magnitude[k];
  }
}

/** Multiplies each bin of one frame by the weighted mean of `ratio` over the bands it lies in. */
function scale({ band, fall, rise }, ratio, magnitude) {
  for (let k = 0; k < magnitude.length; k++) {
    const sum = fall[k] * ratio[band[k]] + rise[k] * ratio[band[k] + 1];
    magnitude[k] *= sum / Math.max(fall[k] + rise[k], 1e-8);
  }
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
 * Non-negative magnitudes whose mel bands are nearest to `mel` in Kullback-Leibler divergence, by multiplicative
 * updates (Lee and Seung 2001, theorem 2) from bins all alike: each bin is multiplied by the ratio of wanted to present
 * level of the bands it lies in.
 */
export function melToMagnitude(mel, filterbank, iterations = ITERATIONS) {
  const { bins, nMels } = filterbank;
  const frames = mel.length / nMels;
  const result = new Float64Array(frames * bins).fill(1);
  const bands = new Float64Array(nMels + 2);
  for (let n = 0; n < frames; n++) {
    const magnitude = result.subarray(n * bins, (n + 1) * bins);
    for (let done = 0; done < iterations; done++) {
      up(filterbank, magnitude, bands);
      for (let b = 0; b < nMels; b++) bands[b + 1] = mel[n * nMels + b] / Math.max(bands[b + 1], 1e-8);
      scale(filterbank, bands, magnitude);
    }
  }
  return result;
}
