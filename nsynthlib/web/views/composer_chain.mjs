/** The explorer of Markov chains. */
import { noteName } from "../dsp/pitch.mjs";
import { encodeWav } from "../dsp/wav.mjs";
import { composer } from "../page/composer.mjs";

/** How often the chain had a choice. */
function tellChoices(_, { choices }) {
  const free = choices.filter((count) => count > 1).length;
  return `${free} of the ${choices.length} notes that were drawn could have been others; each of the rest had only one way to go on.`;
}

export default composer({ noteName, encodeWav }, { tell: tellChoices });
