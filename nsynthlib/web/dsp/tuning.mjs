/** How far a note of known pitch lies beside it, in cents: `nsynthlib/audio/tuning.py` in the reader's browser. */
import FFT from "fft.js";
import constants from "../../constants.json" with { type: "json" };
import { midiToHz } from "./pitch.mjs";
import { makeWindow } from "./window.mjs";

const { most_cents: MOST, step_cents: STEP, window: WINDOW, start: START } = constants.tuning;
const { partials: PARTIALS, clear: CLEAR } = constants.tuning;

/** Magnitudes of the two seconds after the attack, with half a bin between bins. */
function spectrumOf(audio) {
  const taps = makeWindow("hann", Math.min(WINDOW, Math.max(0, audio.length - START)));
  const fft = new FFT(2 * WINDOW);
  const bins = fft.createComplexArray();
  const part = new Float64Array(2 * WINDOW);
  taps.forEach((tap, n) => (part[n] = audio[START + n] * tap));
  fft.realTransform(bins, part);
  return Float64Array.from({ length: WINDOW + 1 }, (_, k) => Math.hypot(bins[2 * k], bins[2 * k + 1]));
}

/** The level that the first `partials` of `hz` hold in a spectrum at `rate`, each divided by the root of its order. */
function harmonicSum(spectrum, hz, partials, rate) {
  let sum = 0;
  for (let order = 1; order <= partials; order++) {
    const place = (hz * order * 2 * WINDOW) / rate;
    const below = Math.floor(place);
    const level = spectrum[below] + (place - below) * (spectrum[below + 1] - spectrum[below]);
    sum += level / Math.sqrt(order);
  }
  return sum;
}

/** Cents from `pitch` (MIDI) to where `audio` sounds, from -50 to 50; 0 where no tuning stands out. */
export function measureTuning(audio, pitch, rate) {
  const spectrum = spectrumOf(audio);
  const hertz = Array.from({ length: (2 * MOST) / STEP + 1 }, (_, i) => midiToHz(pitch + (i * STEP - MOST) / 100));
  const bin = (hz) => (hz * 2 * WINDOW) / rate;
  const partials = Math.min(PARTIALS, Math.ceil((WINDOW - 1) / bin(hertz.at(-1))) - 1); // inside for every tuning
  const found = hertz.map((hz) => harmonicSum(spectrum, hz, partials, rate));
  const best = Math.max(...found);
  const at = found.indexOf(best);
  const mean = found.reduce((sum, value) => sum + value, 0) / found.length;
  return best > CLEAR * mean && at > 0 && at < found.length - 1 ? at * STEP - MOST : 0;
}
