/** A family's shape and colour, `[colour, outline]`, as they stand on a map and in the list beside it. */
import { make, makeSvg } from "./dom.mjs";

/** A family's shape about the origin, `size` times the outline. */
export const makeShape = (parent, [colour, outline], size) =>
  makeSvg(parent, "path", { d: outline, transform: `scale(${size})`, fill: colour });

/** The list of all families of a map. */
export function makeLegend(el, legend) {
  const key = make(el, "ul", "nn-map-legend", { "aria-label": "Families" });
  for (const [family, look] of Object.entries(legend)) {
    const item = make(key, "li", "");
    const sign = makeSvg(item, "svg", { viewBox: "-0.75 -0.75 1.5 1.5", "aria-hidden": "true" });
    makeShape(sign, look, 1);
    item.append(family.replace("_", " "));
  }
}
