/** Gradient descent of a polynomial on the level of a dying note, as in `nsynthlib/widgets/learning.py`. */
import constants from "../../constants.json" with { type: "json" };
import { makeRandom } from "./phase.mjs";
import { faded } from "./sampling.mjs";

const {
  seconds: LASTS,
  hz: TONE_HZ,
  partials: PARTIALS,
  gain: GAIN,
  decays: DECAYS,
  noise_db: NOISE_DB,
  start_db: START_DB, // a level, flat, before the first step
  floor_db: SOFTEST_DB,
  held_out: HELD_OUT,
  steps: STEPS,
  looks_per_decade: LOOKS,
  curve_points: CURVE_POINTS,
  diverged: DIVERGED,
  no_better: NO_BETTER,
} = constants.learning;
const POWER_STEPS = 2000; // until the largest eigenvalue is known to more digits than are shown

/** Level in dB of a note whose energy first leaves it fast and then slowly. */
const levelOf = (time) =>
  20 * Math.log10(DECAYS.reduce((sum, [share, rate]) => sum + share * 10 ** ((-rate * time) / 20), 0));

/** Moments, each drawn within its own part of the note, and levels that are wrong by some decibels. */
function measure(count, seed) {
  const random = makeRandom(seed);
  const x = new Float64Array(count);
  const y = x.map((_, i) => {
    x[i] = (LASTS * (i + random())) / count;
    return levelOf(x[i]) + NOISE_DB * (2 * (random() + random() + random()) - 3);
  });
  return { x, y };
}

/** What each weight is multiplied by at a moment: Legendre polynomials. */
function featuresAt(time, count) {
  const u = (2 * time) / LASTS - 1;
  const out = new Float64Array(count).fill(1);
  if (count > 1) out[1] = u;
  for (let k = 2; k < count; k++) out[k] = ((2 * k - 1) * u * out[k - 1] - (k - 1) * out[k - 2]) / k;
  return out;
}

const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);

/** Points as `gram`, `moment` (half the gradient is gram w - moment) and `rmsOf(weights)`, in dB. */
function prepare({ x, y }, count) {
  const rows = Array.from(x, (time) => featuresAt(time, count));
  const wanted = y.map((level) => level - START_DB);
  const column = (k) => rows.map((row) => row[k]);
  const columns = Array.from({ length: count }, (_, k) => column(k));
  const gram = columns.map((a) => columns.map((b) => dot(a, b) / rows.length));
  const moment = columns.map((a) => dot(a, wanted) / rows.length);
  const squares = (w) => rows.reduce((sum, row, i) => sum + (dot(row, w) - wanted[i]) ** 2, 0);
  return { gram, moment, rmsOf: (w) => Math.sqrt(squares(w) / rows.length) };
}

/** The largest eigenvalue of a symmetric matrix with no negative one, by power iteration. */
function largestEigenvalue(matrix) {
  let vector = Float64Array.from(matrix, (_, k) => 1 + k / matrix.length);
  let value = 0;
  for (let i = 0; i < POWER_STEPS; i++) {
    const norm = Math.sqrt(dot(vector, vector));
    const unit = vector.map((entry) => entry / norm);
    vector = unit.map((_, k) => dot(matrix[k], unit));
    value = dot(unit, vector);
  }
  return value;
}

/** The steps at which errors are looked at: some in each power of ten, and the last. */
function looksUpTo(steps) {
  const count = Math.ceil(LOOKS * Math.log10(Math.max(...STEPS))) + 1;
  const marks = Array.from({ length: count }, (_, i) => Math.floor(10 ** (i / LOOKS) + 0.5));
  return new Set([...marks, steps].filter((mark) => mark <= steps));
}

/** Gradient descent of the mean squared error over all training points, from a flat level on. */
function descend({ learning_rate: rate, weights: count, steps, points }) {
  const train = prepare(measure(points, 0), count);
  const valid = prepare(measure(HELD_OUT, 1), count);
  const looks = looksUpTo(steps);
  let w = new Float64Array(count);
  const seen = [{ step: 0, w, train: train.rmsOf(w), valid: valid.rmsOf(w) }];
  let diverged = 0;
  for (let step = 1; step <= steps && !diverged; step++) {
    w = w.map((value, k) => value - 2 * rate * (dot(train.gram[k], w) - train.moment[k]));
    if (!looks.has(step)) continue;
    seen.push({ step, w, train: train.rmsOf(w), valid: valid.rmsOf(w) });
    if (seen.at(-1).train > DIVERGED * seen[0].train) diverged = step;
  }
  const least = Math.min(...seen.map((look) => look.valid));
  const best = seen.find((look) => look.valid <= least * (1 + NO_BETTER));
  return { w, seen, best, diverged, highest: 1 / largestEigenvalue(train.gram) };
}

/** The last run, since two sounds are asked for right after its figure. */
let last = { key: null, run: null };

function descendOnce(settings) {
  const key = JSON.stringify(settings);
  if (last.key !== key) last = { key, run: descend(settings) };
  return last.run;
}

const fittedAt = (time, w) => START_DB + dot(featuresAt(time, w.length), w);

/** Points, curves and errors; levels in dB, times in seconds. */
export function drawFit(settings) {
  const { w, seen, best, diverged, highest } = descendOnce(settings);
  const [train, valid] = [measure(settings.points, 0), measure(HELD_OUT, 1)];
  const times = Array.from({ length: CURVE_POINTS }, (_, i) => (LASTS * i) / (CURVE_POINTS - 1));
  const pick = (name) => Float32Array.from(seen, (look) => look[name]);
  return {
    best: best.step,
    highest_rate: highest,
    diverged,
    train_x: Float32Array.from(train.x),
    train_y: Float32Array.from(train.y),
    valid_x: Float32Array.from(valid.x),
    valid_y: Float32Array.from(valid.y),
    truth: Float32Array.from(times, levelOf),
    fit: Float32Array.from(times, (time) => fittedAt(time, w)),
    stopped: Float32Array.from(times, (time) => fittedAt(time, best.w)),
    steps: pick("step"),
    train_db: pick("train"),
    valid_db: pick("valid"),
  };
}

/** A tone that dies away as the fit says, as an early "stopped" one says, or as the "original" does. */
export function playFit(want, settings, sampleRate) {
  let levelAt = levelOf;
  if (want !== "original") {
    const { w, best } = descendOnce(settings);
    const heard = want === "stopped" ? best.w : w;
    levelAt = (time) => fittedAt(time, heard);
  }
  const audio = Float64Array.from({ length: Math.round(LASTS * sampleRate) }, (_, n) => {
    const time = n / sampleRate;
    let tone = 0;
    for (let k = 1; k <= PARTIALS; k++) tone += Math.sin(2 * Math.PI * k * TONE_HZ * time) / k;
    return GAIN * 10 ** (Math.max(SOFTEST_DB, Math.min(0, levelAt(time))) / 20) * tone;
  });
  return faded(audio, sampleRate);
}
