/** A map of notes: each a point with its family's shape and colour, heard when it is chosen. A page is all it needs. */
import { keepKeys } from "../page/controls.mjs";
import { make, makeSvg } from "../page/dom.mjs";
import { isShortcut } from "../page/shortcuts.mjs";
import { makeLegend, makeShape } from "../page/families.mjs";

const WIDTH = 120;
const HEIGHT = 80;
const EDGE = 6; // room for half a shape
const REACH = 8; // how far from a point a click may be
const KEYS = "Arrow keys go to the next note in that direction; Enter or Space plays it again.";
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Points on the page's scale: the whole map is used, and y grows downwards. */
export function toPage(points) {
  const scale = (axis, size, flip) => {
    const values = points.map((point) => point[axis]);
    const low = Math.min(...values);
    const span = Math.max(...values) - low || 1;
    return values.map((value) => {
      const part = (value - low) / span;
      return EDGE + (size - 2 * EDGE) * (flip ? 1 - part : part);
    });
  };
  const [x, y] = [scale(0, WIDTH, false), scale(1, HEIGHT, true)];
  return x.map((value, i) => [value, y[i]]);
}

/** The point that comes next from point `from` in direction `way`; `from` itself where there is none. */
export function nextPoint(places, from, way) {
  let [best, least] = [from, Infinity];
  places.forEach(([x, y], i) => {
    const [dx, dy] = [x - places[from][0], y - places[from][1]];
    const along = dx * way[0] + dy * way[1];
    const aside = Math.abs(dx * way[1]) + Math.abs(dy * way[0]);
    const cost = along + 2 * aside; // straight ahead is nearer than aside
    if (i !== from && along > 0 && aside <= 2 * along && cost < least) [best, least] = [i, cost];
  });
  return best;
}

/** The point nearest to a place, or -1 where none is near. */
export function nearest(places, x, y) {
  const distances = places.map((place) => Math.hypot(place[0] - x, place[1] - y));
  const least = Math.min(...distances);
  return least <= REACH ? distances.indexOf(least) : -1;
}

let made = 0; // maps on this page, so that every point has a name of its own

function drawMap(el, places, families, labels, legend) {
  const id = `nn-map-${made++}`;
  const box = make(el, "div", "nn-map-box", { role: "listbox", tabindex: "0", "aria-label": "Map of notes" });
  const svg = makeSvg(box, "svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "presentation" });
  const points = places.map(([x, y], i) => {
    const option = { role: "option", id: `${id}-${i}`, "aria-label": labels[i], "aria-selected": "false" };
    const point = makeSvg(svg, "g", { ...option, transform: `translate(${x} ${y})`, class: "nn-map-point" });
    makeSvg(point, "circle", { r: "3.6", class: "nn-map-ring" });
    makeShape(point, legend[families[i]], 3.2);
    return point;
  });
  makeLegend(el, legend);
  return { box, svg, points };
}

function render({ model, el }) {
  el.classList.add("nn-map");
  keepKeys(el);
  const sounds = model.get("sounds");
  const labels = model.get("labels");
  const places = toPage(model.get("points"));
  const parts = drawMap(el, places, model.get("families"), labels, model.get("legend"));
  const status = make(el, "p", "nn-map-status", { role: "status", "aria-live": "polite" }, KEYS);
  const player = make(el, "audio", "nn-map-audio", { controls: "", "aria-label": "The chosen note" });
  let chosen = -1;

  function choose(i) {
    parts.points[chosen]?.setAttribute("aria-selected", "false");
    chosen = i;
    parts.points[i].setAttribute("aria-selected", "true");
    parts.svg.append(parts.points[i]); // above its neighbours
    parts.box.setAttribute("aria-activedescendant", parts.points[i].id);
    status.textContent = labels[i];
    player.src = sounds[i];
    player.setAttribute("aria-label", labels[i]);
    player.play().catch(() => {}); // a browser may want a click first; the player is there for that
  }

  parts.box.addEventListener("keydown", (event) => {
    if (isShortcut(event)) return;
    const way = WAYS[event.key];
    if (!way && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    if (chosen < 0) choose(0);
    else choose(way ? nextPoint(places, chosen, way) : chosen);
  });
  parts.svg.addEventListener("click", (event) => {
    const frame = parts.svg.getBoundingClientRect();
    const x = ((event.clientX - frame.left) / frame.width) * WIDTH;
    const y = ((event.clientY - frame.top) / frame.height) * HEIGHT;
    const i = nearest(places, x, y);
    if (i >= 0) choose(i);
  });
  return () => player.pause();
}

export default { render };
