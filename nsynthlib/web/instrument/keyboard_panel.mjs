/** The keyboard and what belongs to it: the octave, the sustain pedal, a MIDI keyboard. */
import { noteName } from "../dsp/pitch.mjs";
import { make, makeButton } from "../page/dom.mjs";
import { HIGHEST, LOWEST, makePiano } from "../page/piano.mjs";
import { isShortcut } from "../page/shortcuts.mjs";
import { connect, hasMidi, isAllowed } from "./midi_input.mjs";

const FARTHEST = 2; // octaves from the middle
const SHIFTS = { Minus: -1, Equal: 1 }; // computer keys, by their places

/** Whether letters that are typed while `element` has the focus are its own. */
const isTyping = (element) =>
  element.isContentEditable || element.matches("select, textarea, input:not([type=range], [type=checkbox], [type=button])");

/** A button for a MIDI keyboard and what is said of it. */
function makeMidiButton(row, player, say) {
  if (!hasMidi()) return;
  const button = makeButton(row, "MIDI", async () => {
    await connect(player, tell).catch((error) => say(error.message));
  });
  button.setAttribute("aria-label", "Connect a MIDI keyboard");
  button.title = "Connect a MIDI keyboard";
  const tell = (names) => {
    button.hidden = names.length > 0;
    say(names.length ? `Listening to ${names.join(", ")}.` : "No MIDI keyboard is connected; plug one in.");
  };
  isAllowed().then((allowed) => allowed && connect(player, tell).catch(() => {}));
}

/** The panel at the end of `el`; `say` puts words into the status line. */
export function makeKeyboardPanel(el, instrument, player, say) {
  const { settings } = instrument;
  const row = make(el, "div", "nn-bar-row");
  const octave = make(row, "div", "nn-octaves", { role: "group", "aria-label": "Octave" });
  const lower = makeButton(octave, "−", () => shift(-1));
  const range = make(octave, "span", "nn-range", { "aria-live": "polite" });
  const higher = makeButton(octave, "+", () => shift(1));
  lower.setAttribute("aria-label", "An octave down (−)");
  higher.setAttribute("aria-label", "An octave up (+)");
  const sustain = makeButton(row, "Sustain", () => hold(sustain.getAttribute("aria-pressed") !== "true"));
  makeMidiButton(row, player, say);

  const moved = () => 12 * settings.octave;
  const nameOf = (pitch) => noteName(pitch + moved());
  let lettersPlay = true;
  const piano = makePiano(
    el,
    nameOf,
    {
      press: (pitch, velocity, at) => player.noteOn(pitch + moved(), velocity, at),
      lift: (pitch) => player.noteOff(pitch + moved()),
    },
    (target) => lettersPlay && !isTyping(target),
  );
  let shown = 0; // the octave of the names
  const sounding = new Set(); // MIDI numbers

  function hold(down) {
    sustain.setAttribute("aria-pressed", String(down));
    player.pedal(down);
  }

  function shift(by) {
    piano.liftAll();
    settings.octave = Math.min(FARTHEST, Math.max(-FARTHEST, settings.octave + by));
  }

  function show() {
    range.textContent = `${nameOf(LOWEST)} – ${nameOf(HIGHEST)}`;
    lower.disabled = settings.octave <= -FARTHEST;
    higher.disabled = settings.octave >= FARTHEST;
    if (shown === settings.octave) return;
    shown = settings.octave;
    piano.rename(nameOf);
    for (const [pitch, key] of piano.keys) key.classList.toggle("nn-sounding", sounding.has(pitch + moved()));
  }

  /** Keys light up whatever plays them. */
  const light = (isOn) => ({ midi }) => {
    sounding[isOn ? "add" : "delete"](midi);
    piano.keys.get(midi - moved())?.classList.toggle("nn-sounding", isOn);
  };
  instrument.on("noteon", light(true));
  instrument.on("noteoff", light(false));
  document.addEventListener("keydown", (event) => {
    const by = SHIFTS[event.code];
    if (by && lettersPlay && !event.repeat && !isShortcut(event) && !isTyping(event.target)) shift(by);
  });
  hold(false);
  show();
  return { show, playLetters: (play) => (lettersPlay = play) };
}
