/** The tree below one output of a stack of causal convolutions, as in `nsynthlib/widgets/receptive_field.py`. */
import constants from "../../constants.json" with { type: "json" };

const { shown: SHOWN, seconds: LASTS, silence: SILENCE, from: FROM } = constants.receptive_field;

const range = (count) => Array.from({ length: count }, (_, i) => i);

/** Dilation of each layer, lowest first. */
function dilationsOf({ layers, stacks, growth }) {
  const stack = range(layers).map((layer) => (growth === "doubled" ? 2 ** layer : 1));
  return range(stacks).flatMap(() => stack);
}

const reachOf = (size, dilations) => 1 + (size - 1) * dilations.reduce((sum, dilation) => sum + dilation, 0);

/** Places of the numbers that one output depends on, in samples ago, row by row from the samples up. */
function rowsBelow(size, dilations) {
  const rows = [[0]];
  for (const dilation of dilations.toReversed()) {
    const all = new Set(rows.at(-1).flatMap((place) => range(size).map((k) => place + k * dilation)));
    rows.push([...all].sort((a, b) => a - b));
  }
  return rows.reverse();
}

/** Multiplications of an output of these layers that is computed alone. */
const productsOf = (size, rows) => size * rows.slice(1).reduce((sum, row) => sum + row.length, 0);

/** Dots and branches of the tree, gaps as NaN; what each layer reaches and costs. */
export function drawTree(settings) {
  const size = settings.kernel_size;
  const dilations = dilationsOf(settings);
  const upTo = range(dilations.length).map((top) => dilations.slice(0, top + 1));
  const shown = rowsBelow(size, dilations).map((row) => row.filter((place) => place < SHOWN).map((place) => 0 - place));
  const branches = dilations.flatMap((dilation, y) =>
    range(size).flatMap((k) => shown[y + 1].map((x) => [[x, x - k * dilation, x], [y + 1, y, NaN]])),
  );
  return {
    dots_x: Float32Array.from(shown.flat()),
    dots_y: Float32Array.from(shown.flatMap((row, level) => row.map(() => level))),
    branches_x: Float32Array.from(branches.flatMap(([x]) => x)),
    branches_y: Float32Array.from(branches.flatMap(([, y]) => y)),
    reach: Float32Array.from(upTo, (some) => reachOf(size, some)),
    products: Float32Array.from(upTo, (some) => productsOf(size, rowsBelow(size, some))),
    queued: Float32Array.from(upTo, (some) => size * some.length),
  };
}

/** As much of a note as one output depends on, between silences. */
export function playReach(settings, note, sampleRate) {
  const reach = reachOf(settings.kernel_size, dilationsOf(settings));
  const [start, first] = [SILENCE, FROM].map((seconds) => Math.round(seconds * sampleRate));
  const audio = new Float32Array(Math.round(LASTS * sampleRate));
  audio.set(note.subarray(first, first + reach), start);
  return audio;
}
