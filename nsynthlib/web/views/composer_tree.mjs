/** The explorer of a grammar: how its first symbol was rewritten, step by step. */
import { noteName } from "../dsp/pitch.mjs";
import { encodeWav } from "../dsp/wav.mjs";
import { composer } from "../page/composer.mjs";
import { linesPanel } from "../page/lines.mjs";

/** A rewriting that has become notes is marked while they sound. */
const linesOf = ({ tree }) =>
  tree.map(([symbol, depth, words, start]) => ({ text: `${symbol} → ${words.join(" ")}`, depth, start: start ?? undefined }));

export default composer({ noteName, encodeWav }, { panels: [linesPanel("Rewritings", linesOf)] });
