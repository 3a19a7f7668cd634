/** A spectrogram with its name above it. */
import { make } from "./dom.mjs";
import { readSettings } from "./settings.mjs";
import { spectrogram } from "./spectrogram.mjs";

/**
 * A panel of the figure that `pick` finds in the answer; where it finds none, the panel is not there. Before there is an
 * answer, `begins(settings)` says whether it is.
 *
 * @param axis of the spectrogram
 * @param nameOf `(figure)` to its name; `figure` is `null` before there is one
 */
export const namedPanel = (axis, nameOf, pick, begins = () => true) => (el, model) => {
  el.hidden = !begins(readSettings(model));
  const name = make(el, "p", "nn-comparison-name", {}, nameOf(null));
  const { show: draw, ...panel } = spectrogram(axis)(el, model);
  function show(figure, settings, words) {
    const picked = pick(figure);
    el.hidden = !picked;
    if (!picked) return;
    name.textContent = nameOf(figure);
    draw(picked, settings, `${name.textContent}. ${words}`);
  }
  return { ...panel, show };
};
