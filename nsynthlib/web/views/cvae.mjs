/** The explorer of a trained CVAE. */
import { midiToHz, noteName } from "../dsp/pitch.mjs";
import { explorer } from "../page/explorer.mjs";
import { fixed, signed } from "../page/format.mjs";
import { melAxis, spectrogram } from "../page/spectrogram.mjs";

function describeNote({ pitch, family, velocity, point, x, y, texture }, { rows, cols }) {
  const key = `${noteName(pitch)} (MIDI ${pitch}, ${fixed(midiToHz(pitch))} Hz)`;
  const moved = x || y ? ` moved by ${signed(x)} and ${signed(y)}` : "";
  const note = `${key}, ${family.replace("_", " ")}, velocity ${velocity}`;
  return `${note}, latent point ${point}${moved}, breath ${fixed(texture, 2)}: ${rows} mel bands in ${cols} frames.`;
}

export default explorer({
  panels: [spectrogram(melAxis)],
  sounds: [{ want: "sound", label: "Sound" }],
  describe: describeNote,
  ownSound: false,
});
