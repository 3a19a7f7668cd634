/** The explorer of a trained CVAE. */
import { midiToHz, noteName } from "../dsp/pitch.mjs";
import { makeCvaeWords } from "../page/cvae_words.mjs";
import { explorer } from "../page/explorer.mjs";
import { padPanel } from "../page/pad.mjs";
import { melAxis, spectrogram } from "../page/spectrogram.mjs";

export default explorer({
  panels: [padPanel, spectrogram(melAxis)],
  sounds: [{ want: "sound", label: "Sound" }],
  describe: makeCvaeWords(midiToHz, noteName),
});
