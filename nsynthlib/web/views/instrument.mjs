/** The explorer of a trained CVAE with piano keys below its pad: notes last for as long as a key is down. */
import { midiToHz, noteName } from "../dsp/pitch.mjs";
import { makeCvaeWords } from "../page/cvae_words.mjs";
import { explorer } from "../page/explorer.mjs";
import { makeVoices, toPlayable } from "../page/held_voices.mjs";
import { makeKeyboard } from "../page/keyboard.mjs";
import { makeOutput } from "../page/output.mjs";
import { padPanel } from "../page/pad.mjs";
import { melAxis, spectrogram } from "../page/spectrogram.mjs";

const HELD = {
  want: "held",
  toPlayable,
  voicesIn: (context) => makeVoices(context, makeOutput(context).input),
  gain: 1, // the output leaves the room
};

export default explorer({
  panels: [padPanel, spectrogram(melAxis)],
  sounds: [{ want: "sound", label: "Sound" }],
  describe: makeCvaeWords(midiToHz, noteName),
  keyboard: (el, keys) => makeKeyboard(el, keys, noteName, HELD),
});
