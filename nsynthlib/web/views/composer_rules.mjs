/** The explorer of counterpoint: which rules the line breaks, and where. */
import { noteName } from "../dsp/pitch.mjs";
import { encodeWav } from "../dsp/wav.mjs";
import { composer } from "../page/composer.mjs";
import { linesPanel } from "../page/lines.mjs";

/** Each broken rule in words, with the moment at which it is heard. */
function linesOf({ broken, notes }) {
  const starts = notes.filter(([, , , , voice]) => voice === 1).map(([start]) => start);
  if (!broken.length) return [{ text: "None: every note keeps all ten rules." }];
  return broken.map(([rule, place]) => ({ text: `Note ${place + 1} breaks “${rule}”.`, start: starts[place] }));
}

const tellTries = (_, { generated, beginnings }) =>
  `${generated} notes were drawn for this line, which was begun ${beginnings === 1 ? "once" : `${beginnings} times`}.`;

export default composer({ noteName, encodeWav }, { panels: [linesPanel("Broken rules", linesOf)], tell: tellTries });
