/** One note turned into another, partial by partial, as in `nsynthlib/synthesis/morphing.py`. */
import constants from "../../../constants.json" with { type: "json" };
import { makeSettings, stft } from "../stft.mjs";
import { CEILING, RATE, countPartials, toGain } from "./controls.mjs";
import { fundamentals, median, powers } from "./harmonics.mjs";

const { floor_db: FLOOR, octaves: OCTAVES } = constants.morphing;
const HOP = constants.harmonics.hop_length;

const mix = (a, b, part) => a + part * (b - a);

/** Fundamentals with straight lines across frames that have none or another; `null` without any. */
function withoutGaps(f0) {
  const voiced = f0.filter((hertz) => hertz > 0);
  if (!voiced.length) return null;
  const middle = median(voiced);
  const known = [...f0.keys()].filter((m) => Math.abs(Math.log2(Math.max(f0[m], 1e-9) / middle)) < OCTAVES);
  return f0.map((_, m) => {
    const before = known.findLast((frame) => frame <= m) ?? known[0];
    const after = known.find((frame) => frame >= m) ?? known.at(-1);
    const part = (m - before) / Math.max(1, after - before);
    return mix(f0[before], f0[after], Math.max(0, Math.min(1, part)));
  });
}

/** Amplitude and phase in cycles of a sinusoid at the middle of frame `m`, from the bin that is nearest to it. */
function measure({ re, im, bins }, { nFft, reference }, m, hertz) {
  const place = Math.min(bins - 1, (hertz * nFft) / RATE);
  const row = Math.round(place);
  const off = place - row;
  const sinc = off ? Math.sin(Math.PI * off) / (Math.PI * off) : 1;
  const scale = (1 - 2 * (row % 2)) / ((sinc / (1 - off * off)) * reference);
  const [real, imaginary] = [re[m * bins + row] * scale, im[m * bins + row] * scale];
  return { amplitude: Math.hypot(real, imaginary), phase: Math.atan2(imaginary, real) / (2 * Math.PI) };
}

/** The partial at `k` times the fundamentals: `{ hertz, turns, levels }` of all frames. */
function followPartial(spectrum, transform, f0, k) {
  const hertz = f0.map((value) => k * value);
  const levels = new Float64Array(f0.length);
  const turns = new Float64Array(f0.length);
  for (let m = 0; m < f0.length; m++) {
    const { amplitude, phase } = measure(spectrum, transform, m, hertz[m]);
    levels[m] = Math.max(FLOOR, 20 * Math.log10(Math.max(amplitude, 1e-12)));
    const heard = levels[m] > FLOOR;
    const expected = m ? turns[m - 1] + ((hertz[m - 1] + hertz[m]) * HOP) / RATE / 2 : 0;
    const off = phase - expected;
    const offset = m ? off - Math.round(off) : off;
    turns[m] = expected + (heard ? offset : 0);
  }
  return { hertz, turns, levels };
}

/** The harmonics of a sound at 16 kHz; `null` where it has no fundamental. */
export function followPartials(note) {
  const transform = makeSettings(constants.harmonics);
  const audio = new Float64Array(Math.ceil(note.length / HOP) * HOP);
  audio.set(note);
  const spectrum = stft(audio, transform);
  const f0 = withoutGaps(fundamentals(powers(spectrum), transform));
  if (!f0) return null;
  return Array.from({ length: countPartials(median(f0)) }, (_, i) => followPartial(spectrum, transform, f0, i + 1));
}

/** As many as `count`: those that are lacking lie above the ceiling, at the floor. */
function fillUp(partials, count) {
  const [{ hertz, turns, levels }] = partials;
  const lacking = Array.from({ length: Math.max(0, count - partials.length) }, (_, i) => partials.length + 1 + i);
  return [...partials, ...lacking.map((k) => ({
    hertz: hertz.map((value) => Math.max(CEILING, k * value)),
    turns: turns.map((value) => k * value),
    levels: levels.map(() => FLOOR),
  }))];
}

/** Amplitudes of a partial, 0 where it is at the ceiling or above. */
const amplitudes = ({ hertz, levels }) => hertz.map((value, m) => (value < CEILING ? toGain(levels[m]) : 0));

/** Power of all partials over the whole sound, in dB against one that is at full scale in one frame. */
function powerDb(partials) {
  const squares = partials.map((partial) => amplitudes(partial).reduce((sum, value) => sum + value * value, 0));
  return 10 * Math.log10(squares.reduce((sum, value) => sum + value, 1e-30));
}

/** Adds a partial to `out`: its phase along cubic curves of the right slopes, its amplitude along lines. */
function addMoving(out, partial) {
  const { hertz, turns } = partial;
  const gain = amplitudes(partial);
  for (let m = 0; m + 1 < hertz.length; m++) {
    if (!gain[m] && !gain[m + 1]) continue;
    const [left, right] = [(hertz[m] * HOP) / RATE, (hertz[m + 1] * HOP) / RATE];
    const rise = turns[m + 1] - turns[m];
    const [square, cube] = [3 * rise - 2 * left - right, left + right - 2 * rise];
    const base = turns[m] - Math.floor(turns[m]);
    for (let i = 0, n = m * HOP; i < HOP && n < out.length; i++, n++) {
      const x = i / HOP;
      const cycles = base + x * (left + x * (square + x * cube));
      out[n] += mix(gain[m], gain[m + 1], x) * Math.cos(2 * Math.PI * cycles);
    }
  }
}

/** The sum of partials. */
function sumMoving(partials, samples) {
  const out = new Float64Array(samples);
  for (const partial of partials) addMoving(out, partial);
  return out;
}

/** How far along a straight line in hertz lies what is `position` of the way along `interval`, a ratio. */
export const pitchWeight = (interval, position) =>
  Math.abs(interval - 1) < 1e-6 ? position : (interval ** position - 1) / (interval - 1);

const between = (a, b, part) => a.map((value, i) => mix(value, b[i], part));

/** A sound with silence behind it up to `samples`. */
function padded(sound, samples) {
  const out = new Float64Array(samples);
  out.set(sound);
  return out;
}

/** Analyses two sounds; `at(position)` is the one on the way from `first` (0) to `second` (1). */
export function makeMorph(first, second) {
  const samples = Math.max(first.length, second.length);
  const notes = [first, second].map((note) => padded(note, samples));
  const followed = notes.map(followPartials);
  if (followed.includes(null)) return { at: (position) => between(...notes, position) };
  const [a, b] = followed.map((partials) => fillUp(partials, Math.max(...followed.map((all) => all.length))));
  const rests = [a, b].map((partials, i) => {
    const sum = sumMoving(partials, samples);
    return notes[i].map((value, n) => value - sum[n]);
  });
  const interval = median(b[0].hertz) / median(a[0].hertz);
  return {
    at(position) {
      const along = pitchWeight(interval, position);
      const partials = a.map((partial, k) => ({
        hertz: between(partial.hertz, b[k].hertz, along),
        turns: between(partial.turns, b[k].turns, along),
        levels: between(partial.levels, b[k].levels, position),
      }));
      const gain = toGain(mix(powerDb(a), powerDb(b), position) - powerDb(partials));
      const sound = sumMoving(partials, samples);
      return between(...rests, position).map((rest, n) => rest + gain * sound[n]);
    },
  };
}
