/** The explorer of the canon. */
import { noteName } from "../dsp/pitch.mjs";
import { encodeWav } from "../dsp/wav.mjs";
import { composer } from "../page/composer.mjs";

export default composer({ noteName, encodeWav });
