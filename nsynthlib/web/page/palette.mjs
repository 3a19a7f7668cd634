/** The colours of levels, as canvases take them. */

/** 256 opaque colours, as a canvas stores them, of 256 times red, green, blue. */
export function palette(view) {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, 3 * 256);
  const colour = (i) => new Uint32Array(Uint8Array.of(...bytes.subarray(3 * i, 3 * i + 3), 255).buffer)[0];
  return Uint32Array.from({ length: 256 }, (_, i) => colour(i));
}
