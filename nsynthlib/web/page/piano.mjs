/**
 * Two octaves of piano keys: played by mouse, by several fingers, which may glide, and by the computer's keys.
 *
 * One key is a stop for Tab; arrows go from it to the others, Space and Enter play. No key of the computer is taken from
 * the page that plays no note.
 */
import { make } from "./dom.mjs";
import { isShortcut } from "./shortcuts.mjs";

export const LOWEST = 48; // C3
const PLACES = [0, 0, 1, 1, 2, 3, 3, 4, 4, 5, 5, 6]; // white keys to the left
const TAP = 500; // milliseconds of a note that assistive technology plays
const SOFTEST = 25; // velocity at a key's far end; at the near one it is 127

/** Computer keys by their places, not their letters, from C3 up: two rows as a piano's. */
const CODES = [
  ..."ZSXDCVGBHNJM".split("").map((letter) => `Key${letter}`),
  ..."Q2W3ER5T6Y7UI".split("").map((sign) => (/\d/.test(sign) ? `Digit${sign}` : `Key${sign}`)),
];
export const HIGHEST = LOWEST + CODES.length - 1;

const signOf = (code) => code.replace(/^(Key|Digit)/, "");

/** A piano key in its octave, which is `whites` white keys wide. */
function makePianoKey(octave, pitch, whites, nameOf) {
  const step = pitch === HIGHEST ? 12 : pitch % 12;
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

/** What is down, and by what: a pitch sounds until the last finger or computer key has left it. */
function makeHolds(keys, { press: begin, lift: end }) {
  const holds = new Map(); // a pointer's number or a computer key's code, to a pitch
  const isHeld = (pitch) => [...holds.values()].includes(pitch);

  function lift(by) {
    const pitch = holds.get(by);
    holds.delete(by);
    if (pitch === undefined || isHeld(pitch)) return;
    keys.get(pitch).classList.remove("nn-down");
    end(pitch);
  }

  function press(by, pitch, velocity, at) {
    if (holds.get(by) === pitch) return;
    lift(by);
    const sounds = isHeld(pitch);
    holds.set(by, pitch);
    if (sounds) return;
    keys.get(pitch).classList.add("nn-down");
    begin(pitch, velocity, at);
  }

  return { press, lift, liftAll: () => [...holds.keys()].forEach(lift) };
}

/** How hard a key is struck at a place: the nearer to the player, the harder. */
function velocityAt(key, { clientY }) {
  const { top, height } = key.getBoundingClientRect();
  const part = Math.min(1, Math.max(0, (clientY - top) / height));
  return Math.round(SOFTEST + (127 - SOFTEST) * part);
}

function listenToPointers(board, { press, lift }) {
  const pointers = new Set(); // those that are down, on a key or between two
  const keyAt = ({ clientX, clientY }) => {
    const key = document.elementFromPoint(clientX, clientY)?.closest(".nn-key");
    return board.contains(key) ? key : null;
  };
  const pressAt = (key, event) =>
    press(event.pointerId, Number(key.dataset.pitch), velocityAt(key, event), event.timeStamp);

  board.addEventListener("pointerdown", (event) => {
    const key = event.target.closest(".nn-key");
    if (event.button !== 0 || !key) return;
    event.preventDefault(); // the focus is set here, without scrolling
    key.focus({ preventScroll: true });
    board.setPointerCapture(event.pointerId);
    pointers.add(event.pointerId);
    pressAt(key, event);
  });
  board.addEventListener("pointermove", (event) => {
    if (!pointers.has(event.pointerId)) return;
    const key = keyAt(event);
    if (key) pressAt(key, event);
    else lift(event.pointerId);
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
    board.addEventListener(end, (event) => {
      pointers.delete(event.pointerId);
      lift(event.pointerId);
    });
  }
  board.addEventListener("click", ({ detail, target }) => {
    const key = target.closest(".nn-key");
    if (detail !== 0 || !key) return; // a pointer's, which has been heard
    press("click", Number(key.dataset.pitch));
    setTimeout(() => lift("click"), TAP);
  });
}

function listenToComputerKeys(scope, board, keys, { press, lift }, hears) {
  const pitchOf = ({ target, code, key }) => {
    if (board.contains(target) && (key === " " || key === "Enter")) return Number(target.dataset.pitch);
    return CODES.includes(code) && (board.contains(target) || hears(target)) ? LOWEST + CODES.indexOf(code) : undefined;
  };
  const take = (event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  const onDown = (event) => {
    if (isShortcut(event)) return;
    const step = board.contains(event.target) && { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    const pitch = pitchOf(event);
    if (step) keys.get(Number(event.target.dataset.pitch) + step)?.focus();
    else if (pitch !== undefined && !event.repeat) press(event.code, pitch, undefined, event.timeStamp);
    if (step || pitch !== undefined) take(event);
  };
  const onUp = (event) => {
    if (pitchOf(event) !== undefined) take(event); // a button would be clicked
    lift(event.code);
  };
  scope.addEventListener("keydown", onDown);
  scope.addEventListener("keyup", onUp);
  return () => {
    scope.removeEventListener("keydown", onDown);
    scope.removeEventListener("keyup", onUp);
  };
}

const nameBoard = (board, nameOf) =>
  board.setAttribute("aria-label", `Piano keys, ${nameOf(LOWEST)} to ${nameOf(HIGHEST)}`);

/**
 * Keys at the end of `el`, whose pitches go from `LOWEST` to `HIGHEST`; `nameOf` gives the name of a pitch.
 *
 * @param on `press(pitch, velocity, at)`, without a velocity where no place on the key was touched, `at` in milliseconds of the
 *   page's clock; and `lift(pitch)`
 * @param hears whether the computer's keys play while an element outside the keys has the focus; without it they do not
 * @returns `board`, the element; `keys`, by pitch; `liftAll()`; `rename(nameOf)`; and `close()`
 */
export function makePiano(el, nameOf, on, hears) {
  const board = make(el, "div", "nn-keys", { role: "group" });
  nameBoard(board, nameOf);
  const keys = makeKeys(board, nameOf);
  const holds = makeHolds(keys, on);
  const makeStop = (stop) => {
    for (const key of keys.values()) key.tabIndex = key === stop ? 0 : -1;
  };
  makeStop(keys.get(LOWEST + 12));
  board.addEventListener("focusin", ({ target }) => makeStop(target));
  listenToPointers(board, holds);
  const stopListening = listenToComputerKeys(hears ? document : board, board, keys, holds, hears ?? (() => false));

  function rename(newNameOf) {
    holds.liftAll();
    nameBoard(board, newNameOf);
    for (const [pitch, key] of keys) key.querySelector(".nn-key-name").textContent = newNameOf(pitch);
  }

  window.addEventListener("blur", holds.liftAll);
  const close = () => {
    stopListening();
    window.removeEventListener("blur", holds.liftAll);
    holds.liftAll();
  };
  return { board, keys, liftAll: holds.liftAll, rename, close };
}
