/** Canvases at the resolution of the screen. */

/** Gives a canvas the size it has on the screen; whether it has one. */
export function fitToScreen(canvas) {
  const sharp = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((size) => Math.round(size * sharp));
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  return width > 0 && height > 0;
}
