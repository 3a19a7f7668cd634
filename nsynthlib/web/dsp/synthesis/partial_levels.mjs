/** A note of twelve partials' levels, played as in `nsynthlib/synthesis/partial_levels.py`. */
import constants from "../../../constants.json" with { type: "json" };
import { midiToHz } from "../pitch.mjs";

const { count, moments, floor_db: floor, midi_pitch: pitch, gain, seconds, ...edges } = constants.partial_levels;
const RATE_HZ = constants.sample_rate;

const part = (value) => Math.min(1, Math.max(0, value));

/** A level in dB as an amplitude; the floor is silence. */
const amplitudeOf = (db) => 10 ** (db / 20) - 10 ** (floor / 20);

/** Adds a partial to `out`: decibels go along straight lines between its moments. */
function addPartialOf(row, hertz, out) {
  const held = row.map((db) => Math.min(0, Math.max(floor, db)));
  const step = (2 * Math.PI * hertz) / RATE_HZ;
  let right = 1;
  for (let n = 0; n < out.length; n++) {
    const time = n / RATE_HZ;
    while (right < moments.length - 1 && moments[right] < time) right++;
    const along = part((time - moments[right - 1]) / (moments[right] - moments[right - 1]));
    out[n] += amplitudeOf(held[right - 1] + along * (held[right] - held[right - 1])) * Math.sin(step * n);
  }
}

/** The sound of levels in dB, one partial's moments after the other's. */
export function playLevels(levels) {
  const out = new Float64Array(Math.round(seconds * RATE_HZ));
  for (let k = 0; k < count; k++) {
    addPartialOf(levels.subarray(k * moments.length, (k + 1) * moments.length), midiToHz(pitch) * (k + 1), out);
  }
  const end = (out.length - 1) / RATE_HZ;
  const edge = (time) => part(time / edges.rise_seconds) * part((end - time) / edges.fall_seconds);
  return out.map((value, n) => gain * edge(n / RATE_HZ) * value);
}
