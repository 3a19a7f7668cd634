/** The explorer of recombination: from where each bar comes. */
import { noteName } from "../dsp/pitch.mjs";
import { encodeWav } from "../dsp/wav.mjs";
import { composer } from "../page/composer.mjs";
import { linesPanel } from "../page/lines.mjs";

const linesOf = ({ fragments }) =>
  fragments.map(([title, bar, start]) => ({ text: `Bar ${bar} of ${title}`, start }));

export default composer({ noteName, encodeWav }, { panels: [linesPanel("From where the bars come", linesOf)] });
