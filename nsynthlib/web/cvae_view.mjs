/** The explorer of a trained CVAE. */
import { explorer } from "./explorer.mjs";
import { melAxis, spectrogram } from "./spectrogram.mjs";
import { fixed, signed } from "./words.mjs";

const NAMES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];
const nameOf = (pitch) => NAMES[pitch % 12] + (Math.floor(pitch / 12) - 1);
const hzOf = (pitch) => 440 * 2 ** ((pitch - 69) / 12);

function describeNote({ pitch, family, velocity, point, x, y, breath }, { rows, cols }) {
  const key = `${nameOf(pitch)} (MIDI ${pitch}, ${fixed(hzOf(pitch))} Hz)`;
  const moved = x || y ? ` moved by ${signed(x)} and ${signed(y)}` : "";
  const note = `${key}, ${family.replace("_", " ")}, velocity ${velocity}`;
  return `${note}, latent point ${point}${moved}, breath ${fixed(breath, 2)}: ${rows} mel bands in ${cols} frames.`;
}

export default explorer({
  panels: [spectrogram(melAxis)],
  sounds: [{ want: "sound", label: "Sound" }],
  describe: describeNote,
  ownSound: false,
});
