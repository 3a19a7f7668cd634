/** Several channels of a sound made one, as the package does it where it reads a file. */
import constants from "../../constants.json" with { type: "json" };

const { cancel: CANCEL } = constants.own_sound;

const rmsOf = (samples) => Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);

/**
 * The mean of channels, a Float32Array each, as `{ audio, alone: 0 }`. Where they cancel each other, so that less than
 * the share `CANCEL` is left of what one alone would leave: the first that is not silent, and its number, from 1.
 */
export function mixChannels(channels) {
  const mean = (_, n) => channels.reduce((sum, one) => sum + one[n], 0) / channels.length;
  const audio = Float32Array.from(channels[0], mean);
  const levels = channels.map(rmsOf);
  const first = levels.findIndex((one) => one >= Math.max(...levels) / 2);
  if (rmsOf(audio) >= (CANCEL * levels[first]) / channels.length) return { audio, alone: 0 };
  return { audio: channels[first], alone: first + 1 };
}
