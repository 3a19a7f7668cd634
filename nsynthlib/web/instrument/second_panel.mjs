/** A second sound, and how far the way to it has been gone. */
import { make, makeButton } from "../page/dom.mjs";
import { makeList, makeSlider } from "./fields.mjs";
import { readSound, writeSound } from "./settings.mjs";
import { FAMILIES, nameOfFamily } from "./timbre_panel.mjs";

const sayPart = (part) => (part === 0 ? "the first" : part === 1 ? "the second" : `${Math.round(100 * part)} % of the way`);

/** A sound of a link in words: "Brass", "Brass, a place of your own". */
function nameSound(link) {
  const { family, point, ...places } = readSound(link);
  const moved = Object.values(places).some((value) => value !== 0);
  return [nameOfFamily(family), ...(point ? [point] : []), ...(moved ? ["a place on its pad"] : [])].join(", ");
}

/** The panel in `el`; returns `show()`. */
export function makeSecondPanel(el, settings) {
  make(el, "p", "nn-words", {}, "Choose a second sound, then go from the first to it. On the way, both change into one another.");
  const choose = (second) => Object.assign(settings, { second, morph: second ? settings.morph : 0 });
  const middles = FAMILIES.map(([family, name]) => [writeSound({ family }), name]);
  const list = makeList(el, "Second sound", [], choose);
  const buttons = make(el, "div", "nn-buttons");
  makeButton(buttons, "Keep what plays now as the second", () => choose(writeSound(settings)));
  const swap = makeButton(buttons, "Swap both", () => {
    const [first, second] = [writeSound(settings), readSound(settings.second)];
    Object.assign(settings, second, { second: first, morph: Math.round(100 * (1 - settings.morph)) / 100 });
  });
  const way = makeSlider(el, "Morph", { min: 0, max: 1, step: 0.05 }, sayPart, (value) => (settings.morph = value));

  function show() {
    const { second, morph } = settings;
    const kept = second && !middles.some(([link]) => link === second) ? [[second, nameSound(second)]] : [];
    list.fill([["", "None"], ...kept, ...middles]);
    list.show(second);
    way.show(morph);
    way.row.inert = swap.disabled = !second;
  }
  return { show };
}
