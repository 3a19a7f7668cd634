/** The last stretch of a sound that goes on. */

/** Keeps the last `length` samples; `total` counts all there ever were, and sample 0 is the first of them. */
export function makeRecent(length) {
  const held = new Float32Array(length);
  let total = 0;

  function push(block) {
    held.copyWithin(0, block.length);
    held.set(block, length - block.length);
    total += block.length;
  }

  /** Samples from number `first` on, silence where there are none; valid until the next `push`. */
  function read(first, count) {
    const from = first - total + length;
    if (from >= 0 && from + count <= length) return held.subarray(from, from + count);
    const out = new Float32Array(count);
    const begin = Math.max(0, from);
    const end = Math.min(length, from + count);
    if (end > begin) out.set(held.subarray(begin, end), begin - from);
    return out;
  }

  return { push, read, count: () => total };
}
