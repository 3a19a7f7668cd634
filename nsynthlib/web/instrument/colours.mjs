/** The colours of levels, as the book's figures have them (viridis), from every sixteenth of them. */
const EVERY_SIXTEENTH = `440154 481a6c 472f7d 414487 39568c 31688e 2a788e 23888e 1f988b 22a884 35b779 54c568 7ad151 a5db36
  d2e21b fde725`.split(/\s+/).map((hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)));

/** 256 opaque colours, as a canvas stores them, the softest first. */
export function viridis() {
  const colours = new Uint8ClampedArray(4 * 256).fill(255);
  for (let i = 0; i < 256; i++) {
    const place = (i * (EVERY_SIXTEENTH.length - 1)) / 255;
    const below = Math.min(EVERY_SIXTEENTH.length - 2, Math.floor(place));
    const [low, high] = [EVERY_SIXTEENTH[below], EVERY_SIXTEENTH[below + 1]];
    for (let c = 0; c < 3; c++) colours[4 * i + c] = low[c] + (place - below) * (high[c] - low[c]);
  }
  return new Uint32Array(colours.buffer);
}
