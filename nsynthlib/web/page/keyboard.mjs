/**
 * Piano keys under an explorer's controls, whose letters play while one of them has the focus. Where the focus leaves,
 * all notes end.
 */
import { make } from "./dom.mjs";
import { makePiano } from "./piano.mjs";
import { makeKeyVoices, wholeSounds } from "./voices.mjs";

const WORDS = "Play it: by mouse, by touch, or, once a key has the focus, by the letters on the keys.";

/** Pitches from the middle one outwards: those that a player wants first. */
function outwards(pitches) {
  const middle = pitches[(pitches.length - 1) / 2];
  return [...pitches].sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle));
}

/**
 * Keys in `el` that play what `ask` and `stateOf` of `sounds` give, in the `way` of `makeKeyVoices`; `nameOf` gives the
 * name of a pitch. Returns what takes them away.
 */
export function makeKeyboard(el, sounds, nameOf, way = wholeSounds(sounds)) {
  make(el, "p", "nn-keyboard-words", {}, WORDS);
  let voices = null; // a browser gives no sound before a reader has touched something
  const voicesOf = () => (voices ??= makeKeyVoices(sounds, way));
  const on = { press: (pitch) => voicesOf().press(pitch), lift: (pitch) => voicesOf().lift(pitch) };
  const { board, keys, liftAll, close } = makePiano(el, nameOf, on);

  const rest = () => {
    liftAll();
    voices?.cool();
  };
  board.addEventListener("focusin", () => voicesOf().warm(outwards([...keys.keys()])));
  board.addEventListener("focusout", ({ relatedTarget }) => board.contains(relatedTarget) || rest());
  window.addEventListener("blur", rest);
  return () => {
    window.removeEventListener("blur", rest);
    close();
    voices?.close();
  };
}
