/** A small network of linear layers with SiLU between them, as in a page. */

/**
 * What the layers make of `input`. `weights` holds each layer's matrix, row by row, and then its bias; `sizes` how many
 * numbers there are before the first layer and after each.
 */
export function applyLayers(weights, sizes, input) {
  let [values, at] = [Float64Array.from(input), 0];
  for (let layer = 1; layer < sizes.length; layer++) {
    const [from, to] = [sizes[layer - 1], sizes[layer]];
    const biases = at + from * to;
    const made = new Float64Array(to);
    for (let row = 0; row < to; row++) {
      let sum = weights[biases + row];
      for (let column = 0; column < from; column++) sum += weights[at + row * from + column] * values[column];
      made[row] = layer < sizes.length - 1 ? sum / (1 + Math.exp(-sum)) : sum;
    }
    [values, at] = [made, biases + to];
  }
  return values;
}
