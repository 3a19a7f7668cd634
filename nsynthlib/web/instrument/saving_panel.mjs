/** What can be taken away: the phrase as WAV and MIDI, or the last note where there is no phrase; the sound as SFZ. */
import constants from "../../constants.json" with { type: "json" };
import { encodeWav } from "../dsp/wav.mjs";
import { HIGHEST, LOWEST } from "../page/piano.mjs";
import { make, makeButton } from "../page/dom.mjs";
import { FINE_RATE } from "../page/held_voices.mjs";
import { saveFile } from "../page/saving.mjs";
import { toMidiFile } from "../engine/midi_file.mjs";
import { makeSfz } from "./sfz.mjs";

const { sample_rate: RATE } = constants;
const FIRST = { midi: 60, velocity: 100 }; // before a note was played
const HELD = 3; // seconds of a single note

/** The panel in `el`; `phraseNow` gives what was recorded, `say` puts words into the status line. */
export function makeSavingPanel(el, instrument, player, phraseNow, say) {
  const { settings } = instrument;
  let last = FIRST;
  player.listen({ noteOn: (midi, velocity) => (last = { midi, velocity }), noteOff: () => {} });
  make(el, "p", "nn-words", {}, "The phrase of the looper is saved, or the last note you played where there is none.");
  const row = make(el, "div", "nn-buttons");
  const nameOf = (ending) => `${settings.family}${ending}`;
  const phrase = () => {
    const recorded = phraseNow();
    return recorded.notes.length ? recorded : { seconds: HELD, notes: [{ ...last, start: 0, end: HELD }] };
  };

  /** A button that works for a while, tells how it goes, and cannot be pressed meanwhile. */
  function offer(words, name, type, work) {
    const button = makeButton(row, words, async () => {
      button.disabled = true;
      try {
        say(`Making ${name()} …`);
        saveFile(name(), await work(), type);
        say(`${name()} is saved.`);
      } catch (error) {
        say(error.message);
      }
      button.disabled = false;
    });
  }

  const wav = (rate) => async () => encodeWav(await instrument.render(phrase().notes, rate), rate);
  for (const rate of [FINE_RATE, RATE]) {
    const thousands = rate / 1000;
    offer(`WAV, ${thousands} kHz`, () => nameOf(`-${thousands}k.wav`), "audio/wav", wav(rate));
  }
  offer("MIDI", () => nameOf(".mid"), "audio/midi", async () => toMidiFile(phrase(), settings.family));
  offer("SFZ with its WAVs", () => nameOf(".zip"), "application/zip", async () => {
    const notes = [];
    for (let pitch = LOWEST; pitch <= HIGHEST; pitch++) {
      const midi = pitch + 12 * settings.octave;
      const note = midi >= 0 && (await instrument.noteOf(midi, settings.velocity));
      if (note === undefined) throw new Error("The sound was changed while it was saved: do it again.");
      if (note) notes.push({ midi, note });
    }
    return makeSfz(settings.family, `Neural Notes: ${instrument.link()}`, notes);
  });
}
