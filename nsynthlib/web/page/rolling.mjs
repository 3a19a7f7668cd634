/** A spectrogram that moves on while the sound does: what has been painted is pushed aside, not painted again. */

/** The levels of one column of a figure, shared among `height` pixels from the top down: the loudest of each share. */
function shareColumn({ cells, rows, cols }, column, height, pixels, width, x, colours) {
  for (let y = 0; y < height; y++) {
    const first = Math.floor((y * rows) / height);
    const end = Math.max(first + 1, Math.floor(((y + 1) * rows) / height));
    let level = 0;
    for (let r = first; r < end; r++) level = Math.max(level, cells[r * cols + column]);
    pixels[(height - 1 - y) * width + x] = colours[level];
  }
}

/** `roll(figure, count)` paints a figure whose last `count` columns are new on `canvas`, which has its size already. */
export function makeRolling(canvas, colours) {
  const store = document.createElement("canvas"); // a pixel wide for each column
  const kept = store.getContext("2d");
  const shown = canvas.getContext("2d");
  let last = null; // the figure that the store holds

  return function roll(figure, count) {
    const { cols } = figure;
    const { width, height } = canvas;
    const anew = last !== figure || store.height !== height;
    const news = anew ? cols : Math.min(count, cols);
    if (anew) Object.assign(store, { width: cols, height });
    else kept.drawImage(store, -news, 0);
    last = figure;
    const pixels = new Uint32Array(news * height);
    for (let c = 0; c < news; c++) shareColumn(figure, cols - news + c, height, pixels, news, c, colours);
    kept.putImageData(new ImageData(new Uint8ClampedArray(pixels.buffer), news, height), cols - news, 0);
    shown.imageSmoothingEnabled = cols > width;
    shown.drawImage(store, 0, 0, width, height);
  };
}
