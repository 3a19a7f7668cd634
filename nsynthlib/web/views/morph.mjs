/** The explorer of morphing: a morph of two notes' partials beside their cross-fade. */
import { explorer } from "../page/explorer.mjs";
import { fixed } from "../page/format.mjs";
import { namedPanel } from "../page/named_panel.mjs";
import { linearAxis } from "../page/spectrogram.mjs";

/** Where the slider stands, in words. */
function describePlace({ position }) {
  if (position === 0) return "The first note itself, by both ways.";
  if (position === 1) return "The second note itself, by both ways.";
  const percent = (part) => `${fixed(100 * part, 0)} %`;
  return `${percent(1 - position)} of the first note and ${percent(position)} of the second.`;
}

export default explorer({
  panels: [
    namedPanel(linearAxis, () => "Morph of partials", (figure) => figure),
    namedPanel(linearAxis, () => "Cross-fade", ({ faded, ...figure }) => ({ ...figure, cells: faded })),
  ],
  sounds: [
    { want: "sound", label: "Morph of partials" },
    { want: "faded", label: "Cross-fade" },
  ],
  describe: describePlace,
});
