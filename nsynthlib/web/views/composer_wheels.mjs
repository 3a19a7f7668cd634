/** The explorer of isorhythm: talea and color as two wheels that turn. */
import { noteName } from "../dsp/pitch.mjs";
import { encodeWav } from "../dsp/wav.mjs";
import { composer } from "../page/composer.mjs";
import { wheelsPanel } from "../page/wheels.mjs";

/** When both wheels begin together again. */
function tellPeriod(_, { wheels: { talea, color, period }, notes }) {
  const sounding = talea.filter((beats) => beats > 0).length;
  const both = `The talea has ${sounding} notes and the color ${color.length} pitches: `;
  const together = `they begin together again after ${period} notes`;
  return both + (notes.length < period ? `${together}, of which ${notes.length} fit into 30 s.` : `${together}.`);
}

export default composer({ noteName, encodeWav }, { panels: [wheelsPanel(noteName)], tell: tellPeriod });
