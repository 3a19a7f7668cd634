/** A sound at three times its sample rate: a windowed-sinc filter that keeps every sample where it is. */
import constants from "../../constants.json" with { type: "json" };

export const { upsampling: FACTOR } = constants.playing;
const REACH = 24; // samples to each side of a new one
const BETA = 8; // of the Kaiser window: what is left of the images lies below -80 dB from 0.6 kHz beyond the middle on

/** The modified Bessel function of order 0, by its series. */
function bessel(x) {
  let [sum, term] = [1, 1];
  for (let k = 1; term > 1e-14 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/** Weights of the `2 * REACH` samples about a place that lies `part` of a sample behind the middle one's left. */
function tapsAt(part) {
  const taps = Float64Array.from({ length: 2 * REACH }, (_, i) => {
    const away = part - (i - REACH + 1);
    const inside = 1 - (away / REACH) ** 2;
    const window = bessel(BETA * Math.sqrt(Math.max(0, inside))) / bessel(BETA);
    return (window * Math.sin(Math.PI * away)) / (Math.PI * away);
  });
  const sum = taps.reduce((total, tap) => total + tap, 0);
  return taps.map((tap) => tap / sum); // a constant stays what it is
}

const PHASES = Array.from({ length: FACTOR - 1 }, (_, i) => tapsAt((i + 1) / FACTOR));

/** `audio` followed by what comes after it, with silence before: room for the filter. */
function withRoom(audio, after) {
  const roomy = new Float64Array(audio.length + 2 * REACH);
  roomy.set(audio, REACH);
  roomy.set(after.subarray(0, REACH), REACH + audio.length);
  return roomy;
}

/** `audio` with two samples between each and the next, Float32Array; `after` is what follows it, by default silence. */
export function upsample(audio, after = new Float64Array(0)) {
  const roomy = withRoom(audio, after);
  const out = new Float32Array(FACTOR * audio.length);
  for (let n = 0; n < audio.length; n++) out[FACTOR * n] = audio[n];
  PHASES.forEach((taps, phase) => {
    for (let n = 0; n < audio.length; n++) {
      let sum = 0;
      for (let i = 0; i < taps.length; i++) sum += taps[i] * roomy[n + 1 + i];
      out[FACTOR * n + phase + 1] = sum;
    }
  });
  return out;
}
