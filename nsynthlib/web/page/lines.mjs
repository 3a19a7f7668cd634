/** A list beside a piano roll, whose line is marked that is being played. */
import { make } from "./dom.mjs";

/** A panel under a `name`; `linesOf(figure)` gives `{ text, start, depth }`: when a line begins to sound, how far it is indented. */
export const linesPanel = (name, linesOf) => (el) => {
  make(el, "p", "nn-comparison-name", {}, name);
  const list = make(el, "ul", "nn-lines", { tabindex: "0", "aria-label": name });
  let lines = [];

  function show(figure) {
    list.replaceChildren();
    lines = linesOf(figure).map(({ text, start = Infinity, depth = 0 }) => {
      return { start, item: make(list, "li", "", { style: `--depth: ${depth}` }, text) };
    });
  }

  function at(seconds) {
    const sounding = seconds === null ? null : lines.findLast(({ start }) => start <= seconds);
    for (const line of lines) line.item.classList.toggle("nn-sounds-now", line === sounding);
  }

  return { show, canvas: list, repaint: () => {}, at };
};
