/** Files of sound, as the browser decodes them. */
import constants from "../../constants.json" with { type: "json" };
import { mixChannels } from "./channels.mjs";

const { longest_seconds: MOST_SECONDS, shortest_seconds: LEAST_SECONDS } = constants.own_sound; // what is longer is cut
const LARGEST = 100e6; // bytes of a file

/** How far amplitudes reach beyond full scale, which is 1; 1 where they do not. */
const reachOf = (audio) => audio.reduce((most, value) => Math.max(most, Math.abs(value)), 1);

/** Amplitudes as samples of 16 bits; divided by `beyond`, so that none clips. */
function toSamples(audio, beyond) {
  return Int16Array.from(audio, (value) => Math.max(-32768, Math.min(32767, Math.round((value / beyond) * 32768))));
}

/** A file of any kind, rate and channels as `{ samples, seconds, alone, beyond }` at `rate`; the samples are cut. */
export async function readSound(file, rate) {
  if (file.size > LARGEST) throw new Error(`This file is larger than ${LARGEST / 1e6} MB; choose a shorter sound.`);
  const context = new OfflineAudioContext(1, 1, rate); // decoding resamples to the rate of the context
  const buffer = await context.decodeAudioData(await file.arrayBuffer()).catch(() => {
    throw new Error("This file could not be read as sound; choose a WAV, FLAC, MP3 or Ogg file.");
  });
  if (buffer.duration < LEAST_SECONDS) {
    throw new Error(`This sound is shorter than ${LEAST_SECONDS} s; choose a longer one.`);
  }
  const channels = Array.from({ length: buffer.numberOfChannels }, (_, i) => buffer.getChannelData(i));
  const { audio, alone } = mixChannels(channels);
  const beginning = audio.subarray(0, MOST_SECONDS * rate);
  const beyond = reachOf(beginning);
  return { samples: toSamples(beginning, beyond), seconds: buffer.duration, alone, beyond };
}
