/** The explorer of dice music: the sixteen throws and their measures. */
import { noteName } from "../dsp/pitch.mjs";
import { encodeWav } from "../dsp/wav.mjs";
import { composer } from "../page/composer.mjs";
import { linesPanel } from "../page/lines.mjs";

/** A throw of two dice in words, and when its measure sounds. */
const linesOf = ({ throws }) =>
  throws.map(([first, second, measure, start]) =>
    ({ text: `${first} + ${second} = ${first + second}: measure ${measure}`, start }));

const tellCount = () => `The throws choose one of 11¹⁶ = ${(11n ** 16n).toLocaleString("en-GB")} rows of measures.`;

export default composer({ noteName, encodeWav }, {
  panels: [linesPanel("The throws", linesOf)],
  tell: tellCount,
  again: "Throw again",
});
