/** The explorer of twelve-tone rows: the matrix of all forms. */
import { noteName } from "../dsp/pitch.mjs";
import { encodeWav } from "../dsp/wav.mjs";
import { composer } from "../page/composer.mjs";
import { rowPanel } from "../page/row_matrix.mjs";

const className = (pitch) => noteName(pitch).replace(/-?\d+$/, "");

export default composer({ noteName, encodeWav }, { panels: [rowPanel(className)] });
