/** A note of the CVAE in words. */
import { midiToHz, noteName } from "../dsp/pitch.mjs";
import { fixed } from "../page/format.mjs";
import { sayPlace } from "../page/pad.mjs";

export function describeNote({ pitch, family, velocity, x, y, texture }, { rows, cols, ends }) {
  const key = `${noteName(pitch)} (MIDI ${pitch}, ${fixed(midiToHz(pitch))} Hz)`;
  const moved = [x, y].flatMap((value, i) => (value ? sayPlace(value, ends[i]) : []));
  const place = moved.length ? `${moved.join(" and ")} on the pad` : "the pad's middle";
  const note = `${key}, ${family.replace("_", " ")}, velocity ${velocity}`;
  return `${note}, ${place}, breath ${fixed(texture, 2)}: ${rows} mel bands in ${cols} frames.`;
}
