/** The explorer of a trained CVAE. */
import { explorer } from "../page/explorer.mjs";
import { padPanel } from "../page/pad.mjs";
import { melAxis, spectrogram } from "../page/spectrogram.mjs";
import { describeNote } from "./cvae_words.mjs";

export default explorer({
  panels: [padPanel, spectrogram(melAxis)],
  sounds: [{ want: "sound", label: "Sound" }],
  describe: describeNote,
  ownSound: false,
});
