/** A note of the CVAE in words. */
import { fixed } from "./format.mjs";
import { sayPlace } from "./pad.mjs";

/** An explorer's `describe`, told how a pitch is named and how many hertz it has. */
export const makeCvaeWords = (midiToHz, noteName) => ({ pitch, family, velocity, x, y, texture }, { rows, cols, ends }) => {
  const key = `${noteName(pitch)} (MIDI ${pitch}, ${fixed(midiToHz(pitch))} Hz)`;
  const moved = [x, y].flatMap((value, i) => (value ? sayPlace(value, ends[i]) : []));
  const place = moved.length ? `${moved.join(" and ")} on the pad` : "the pad's middle";
  const note = `${key}, ${family.replace("_", " ")}, velocity ${velocity}`;
  return `${note}, ${place}, breath ${fixed(texture, 2)}: ${rows} mel bands in ${cols} frames.`;
};
