/** Windows that a frame is multiplied by. */
import constants from "../../constants.json" with { type: "json" };

/** Weights of 1, cos and cos of twice the angle in each window. */
const COSINES = { hann: [0.5, 0.5, 0], hamming: [0.54, 0.46, 0], blackman: [0.42, 0.5, 0.08], boxcar: [1, 0, 0] };

/** The window `name` of `length` samples, periodic, as `scipy.signal.get_window` samples it. */
export function makeWindow(name, length) {
  const known = constants.choices.window;
  if (!known.includes(name)) throw new Error(`window '${name}' is unknown; choose one of ${known.join(", ")}`);
  const [a, b, c] = COSINES[name];
  return Float64Array.from({ length }, (_, n) => {
    const turn = (2 * Math.PI * n) / length;
    return a - b * Math.cos(turn) + c * Math.cos(2 * turn);
  });
}
