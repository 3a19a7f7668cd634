/** The explorer of morphing: a morph of two notes' partials beside their cross-fade. */
import { make } from "../page/dom.mjs";
import { explorer } from "../page/explorer.mjs";
import { fixed } from "../page/format.mjs";
import { linearAxis, spectrogram } from "../page/spectrogram.mjs";

/** A spectrogram with its name above it, of the figure that `pick` finds in the answer. */
const namedPanel = (name, pick) => (el, model) => {
  make(el, "p", "nn-comparison-name", {}, name);
  const { show, ...panel } = spectrogram(linearAxis)(el, model);
  return { ...panel, show: (figure, settings, words) => show(pick(figure), settings, `${name}. ${words}`) };
};

/** Where the slider stands, in words. */
function describePlace({ position }) {
  if (position === 0) return "The first note itself, by both ways.";
  if (position === 1) return "The second note itself, by both ways.";
  const percent = (part) => `${fixed(100 * part, 0)} %`;
  return `${percent(1 - position)} of the first note and ${percent(position)} of the second.`;
}

export default explorer({
  panels: [
    namedPanel("Morph of partials", (figure) => figure),
    namedPanel("Cross-fade", ({ faded, ...figure }) => ({ ...figure, cells: faded })),
  ],
  sounds: [
    { want: "sound", label: "Morph of partials" },
    { want: "faded", label: "Cross-fade" },
  ],
  describe: describePlace,
});
