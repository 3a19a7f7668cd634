/**
 * Two octaves of piano keys under an explorer's controls: played by mouse, by several fingers, and, while one of them has
 * the focus, by the computer's keys.
 *
 * One key is a stop for Tab; arrows go from it to the others, Space and Enter play. No key of the computer is taken from
 * the page that plays no note, and none without the focus. Where the focus leaves, all notes end.
 */
import { make } from "./dom.mjs";
import { isShortcut } from "./shortcuts.mjs";
import { makeVoices } from "./voices.mjs";

const LOWEST = 48; // C3
const PLACES = [0, 0, 1, 1, 2, 3, 3, 4, 4, 5, 5, 6]; // white keys to the left
const TAP = 500; // milliseconds of a note that assistive technology plays
const WORDS = "Play it: by mouse, by touch, or, once a key has the focus, by the letters on the keys.";

/** Computer keys by their places, not their letters, from C3 up: two rows as a piano's. */
const CODES = [
  ..."ZSXDCVGBHNJM".split("").map((letter) => `Key${letter}`),
  ..."Q2W3ER5T6Y7UI".split("").map((sign) => (/\d/.test(sign) ? `Digit${sign}` : `Key${sign}`)),
];

const signOf = (code) => code.replace(/^(Key|Digit)/, "");

/** A piano key in its octave, which is `whites` white keys wide. */
function makePianoKey(octave, pitch, whites, nameOf) {
  const step = pitch - LOWEST === CODES.length - 1 ? 12 : pitch % 12;
  const isBlack = nameOf(step).includes("♯");
  const place = step === 12 ? 7 : PLACES[step];
  const told = { type: "button", tabindex: "-1", "data-pitch": pitch };
  const key = make(octave, "button", isBlack ? "nn-key nn-black" : "nn-key", told);
  key.style.left = `${(100 * (isBlack ? place + 0.7 : place)) / whites}%`;
  key.style.width = `${(100 * (isBlack ? 0.6 : 1)) / whites}%`;
  make(key, "span", "nn-key-name", {}, nameOf(pitch));
  key.append(" ");
  make(key, "span", "nn-key-sign", {}, signOf(CODES[pitch - LOWEST]));
  return key;
}

/** The keys by pitch, in two octaves, of which the upper has one more. */
function makeKeys(board, nameOf) {
  const keys = new Map();
  for (const [first, whites] of [[LOWEST, 7], [LOWEST + 12, 8]]) {
    const octave = make(board, "div", "nn-octave");
    octave.style.flexGrow = String(whites);
    const count = whites === 8 ? 13 : 12;
    for (let pitch = first; pitch < first + count; pitch++) keys.set(pitch, makePianoKey(octave, pitch, whites, nameOf));
  }
  return keys;
}

/** Pitches from the middle outwards: those that a player wants first. */
const outwards = (pitches) => [...pitches].sort((a, b) => Math.abs(a - LOWEST - 12) - Math.abs(b - LOWEST - 12));

/** What is down, and by what: a pitch sounds until the last finger or computer key has left it. */
function makeHolds(keys, voicesOf) {
  const holds = new Map(); // a pointer's number or a computer key's code, to a pitch
  const isHeld = (pitch) => [...holds.values()].includes(pitch);

  function lift(by) {
    const pitch = holds.get(by);
    holds.delete(by);
    if (pitch === undefined || isHeld(pitch)) return;
    keys.get(pitch).classList.remove("nn-down");
    voicesOf().lift(pitch);
  }

  function press(by, pitch) {
    lift(by);
    const sounds = isHeld(pitch);
    holds.set(by, pitch);
    if (sounds) return;
    keys.get(pitch).classList.add("nn-down");
    voicesOf().press(pitch);
  }

  return { press, lift, liftAll: () => [...holds.keys()].forEach(lift) };
}

/** Makes one key the stop for Tab. */
function makeStop(keys, key) {
  for (const other of keys.values()) other.tabIndex = other === key ? 0 : -1;
}

function listenToPointers(keys, { press, lift }) {
  for (const [pitch, key] of keys) {
    key.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault(); // the focus is set here, without scrolling
      key.focus({ preventScroll: true });
      key.setPointerCapture(event.pointerId);
      press(event.pointerId, pitch);
    });
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      key.addEventListener(end, (event) => lift(event.pointerId));
    }
    key.addEventListener("click", ({ detail }) => {
      if (detail !== 0) return; // a pointer's, which has been heard
      press("click", pitch);
      setTimeout(() => lift("click"), TAP);
    });
  }
}

function listenToComputerKeys(board, keys, { press, lift }) {
  const pitchOf = ({ target, code, key }) => {
    if (key === " " || key === "Enter") return Number(target.dataset.pitch);
    return CODES.includes(code) ? LOWEST + CODES.indexOf(code) : undefined;
  };
  const take = (event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  board.addEventListener("keydown", (event) => {
    if (isShortcut(event)) return;
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    const pitch = pitchOf(event);
    if (step) keys.get(Number(event.target.dataset.pitch) + step)?.focus();
    else if (pitch !== undefined && !event.repeat) press(event.code, pitch);
    if (step || pitch !== undefined) take(event);
  });
  board.addEventListener("keyup", (event) => {
    if (pitchOf(event) !== undefined) take(event); // a button would be clicked
    lift(event.code);
  });
}

/**
 * Keys in `el` that play what `ask`, `stateOf` and `releaseOf` of `sounds` give, see `makeVoices`; `nameOf` gives the
 * name of a pitch. Returns what takes them away.
 */
export function makeKeyboard(el, sounds, nameOf) {
  make(el, "p", "nn-keyboard-words", {}, WORDS);
  const board = make(el, "div", "nn-keys", { role: "group", "aria-label": "Piano keys, C3 to C5" });
  const keys = makeKeys(board, nameOf);
  let voices = null; // a browser gives no sound before a reader has touched something
  const holds = makeHolds(keys, () => (voices ??= makeVoices(sounds)));
  makeStop(keys, keys.get(LOWEST + 12));
  listenToPointers(keys, holds);
  listenToComputerKeys(board, keys, holds);

  const rest = () => {
    holds.liftAll();
    voices?.cool();
  };
  board.addEventListener("focusin", ({ target }) => {
    makeStop(keys, target);
    (voices ??= makeVoices(sounds)).warm(outwards(keys.keys()));
  });
  board.addEventListener("focusout", ({ relatedTarget }) => board.contains(relatedTarget) || rest());
  window.addEventListener("blur", rest);
  return () => {
    window.removeEventListener("blur", rest);
    rest();
    voices?.close();
  };
}
