/** The explorer of a trained CVAE. */
import { midiToHz, noteName } from "../dsp/pitch.mjs";
import { explorer } from "../page/explorer.mjs";
import { fixed } from "../page/format.mjs";
import { padPanel, sayPlace } from "../page/pad.mjs";
import { melAxis, spectrogram } from "../page/spectrogram.mjs";

function describeNote({ pitch, family, velocity, x, y, texture }, { rows, cols, ends }) {
  const key = `${noteName(pitch)} (MIDI ${pitch}, ${fixed(midiToHz(pitch))} Hz)`;
  const moved = [x, y].flatMap((value, i) => (value ? sayPlace(value, ends[i]) : []));
  const place = moved.length ? `${moved.join(" and ")} on the pad` : "the pad's middle";
  const note = `${key}, ${family.replace("_", " ")}, velocity ${velocity}`;
  return `${note}, ${place}, breath ${fixed(texture, 2)}: ${rows} mel bands in ${cols} frames.`;
}

export default explorer({
  panels: [padPanel, spectrogram(melAxis)],
  sounds: [{ want: "sound", label: "Sound" }],
  describe: describeNote,
  ownSound: false,
});
