/** A plane whose places are chosen by mouse, finger and arrow keys. */
import { make, makeSvg } from "./dom.mjs";
import { isShortcut } from "./shortcuts.mjs";

const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const STEP = 0.1; // by an arrow key; ten times that with Shift

/**
 * A square from `-reach` to `reach` on both axes, y upwards. `on.move(x, y)` hears of every place on the way,
 * `on.rest()` where the reader stops or presses Enter. `at()` gives the place that arrow keys start from.
 */
export function makePlane(el, reach, label, { move, rest, at }) {
  const box = make(el, "div", "nn-plane", { role: "application", tabindex: "0", "aria-label": label });
  const view = `${-reach} ${-reach} ${2 * reach} ${2 * reach}`;
  const svg = makeSvg(box, "svg", { viewBox: view, "aria-hidden": "true" });
  const [below, above] = [makeSvg(svg, "g", {}), makeSvg(svg, "g", { transform: "scale(1 -1)" })];
  const held = (value) => Math.min(reach, Math.max(-reach, value));

  function follow({ clientX, clientY }) {
    const { left, top, width, height } = svg.getBoundingClientRect();
    move(held((2 * (clientX - left)) / width - 1) * reach, held(1 - (2 * (clientY - top)) / height) * reach);
  }

  box.addEventListener("pointerdown", (event) => {
    box.setPointerCapture(event.pointerId);
    follow(event);
  });
  box.addEventListener("pointermove", (event) => box.hasPointerCapture(event.pointerId) && follow(event));
  box.addEventListener("pointerup", rest);
  box.addEventListener("keydown", (event) => {
    if (isShortcut(event)) return;
    const way = WAYS[event.key];
    if (!way && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    const step = event.shiftKey ? 10 * STEP : STEP;
    if (way) move(...at().map((value, i) => held(Math.round((value + step * way[i]) / STEP) * STEP)));
    rest();
  });
  return { below, above };
}
