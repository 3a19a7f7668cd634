/** The explorer of a trained CVAE with piano keys below its pad: notes last for as long as a key is down. */
import { noteName } from "../dsp/pitch.mjs";
import { makeVoices, toPlayable } from "../instrument/voices.mjs";
import { makeOutput } from "../instrument/output.mjs";
import { explorer } from "../page/explorer.mjs";
import { makeKeyboard } from "../page/keyboard.mjs";
import { padPanel } from "../page/pad.mjs";
import { melAxis, spectrogram } from "../page/spectrogram.mjs";
import { describeNote } from "./cvae_words.mjs";

const HELD = {
  want: "held",
  toPlayable,
  voicesIn: (context) => makeVoices(context, makeOutput(context).input),
  gain: 1, // the output leaves the room
};

export default explorer({
  panels: [padPanel, spectrogram(melAxis)],
  sounds: [{ want: "sound", label: "Sound" }],
  describe: describeNote,
  keyboard: (el, keys) => makeKeyboard(el, keys, noteName, HELD),
  ownSound: false,
});
