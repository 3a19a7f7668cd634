/** The explorer of a composer: a piano roll, what is told beside it, and buttons to play the piece and take it away. */
import { explorer } from "./explorer.mjs";
import { fixed } from "./format.mjs";
import { pieceButtons } from "./piece_panel.mjs";
import { rollPanel } from "./roll.mjs";

/** A piece's size in words. */
function sayPiece({ seconds, notes }) {
  const pitches = new Set(notes.map(([, , pitch]) => pitch)).size;
  return `${notes.length} notes of ${pitches} pitches in ${fixed(seconds)} s.`;
}

/**
 * The module of a composer's explorer.
 *
 * @param tools `noteName` and `encodeWav`
 * @param parts `panels` beside the piano roll, which may have `at(seconds)` to follow what is played; `tell(settings,
 *   figure)`, more in words; `idle`, as of an explorer; `again`, what the button says that takes another seed
 */
export const composer = ({ noteName, encodeWav }, { panels = [], tell = () => "", idle, again } = {}) =>
  explorer({
    panels: [rollPanel(noteName), ...panels],
    sounds: [],
    describe: (settings, figure) => `${sayPiece(figure)} ${tell(settings, figure)}`.trim(),
    idle,
    keyboard: pieceButtons(encodeWav, again),
  });
