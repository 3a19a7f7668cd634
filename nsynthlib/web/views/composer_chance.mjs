/** The explorer of chance: coins for every sound, or a cloud of a given density. */
import { noteName } from "../dsp/pitch.mjs";
import { encodeWav } from "../dsp/wav.mjs";
import { composer } from "../page/composer.mjs";

const IDLE = { cage: ["density"], xenakis: ["events"] };

/** How many of the coins' events are silent, or how dense the cloud has become. */
function tellChance({ composer: name, events, density }, { seconds, notes }) {
  if (name === "cage") return `${events - notes.length} of the ${events} events are silence.`;
  return `3 layers with ${density} events a second each make ${3 * density} a second on average; these are ${(
    notes.length / seconds).toFixed(1)}.`;
}

export default composer({ noteName, encodeWav }, { tell: tellChance, idle: (settings) => IDLE[settings.composer] });
