/** A phrase as samples, by the very nodes that are played. */
import { RELEASE, releaseVoice, startVoice } from "./held_voices.mjs";
import { makeOutput } from "./output.mjs";

/**
 * Samples (Float32Array) at `rate` of `[{ start, end, note, gain, cents }]`, in seconds; each note as `toPlayable` gives
 * it. They last until the last release has ended.
 */
export async function renderVoices(events, rate) {
  const seconds = events.reduce((last, { end }) => Math.max(last, end), 0) + RELEASE;
  const context = new OfflineAudioContext(1, Math.ceil(seconds * rate), rate);
  const { input } = makeOutput(context);
  for (const { start, end, note, ...how } of events) {
    releaseVoice(startVoice(context, input, note, { ...how, when: start }), end);
  }
  return (await context.startRendering()).getChannelData(0);
}
