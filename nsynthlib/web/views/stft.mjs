/** The explorer of the short-time Fourier transform. */
import { explorer } from "../page/explorer.mjs";
import { capital, describeSize, fixed, grouped } from "../page/format.mjs";
import { ownSoundFor } from "../page/own_sound.mjs";
import { linearAxis, spectrogram } from "../page/spectrogram.mjs";

const WAYS = {
  kept: () => "Phase kept.",
  pghi: () => "Phase thrown away, guessed in one pass (PGHI).",
  "griffin-lim": (steps) => `Phase thrown away, found again by ${steps} steps of Griffin and Lim.`,
  "pghi, griffin-lim": (steps) => `Phase thrown away, guessed (PGHI) and mended by ${steps} steps of Griffin and Lim.`,
};
const ITERATED = ["griffin-lim", "pghi, griffin-lim"];

function describeTransform(settings, figure, rate, samples) {
  const { n_fft: size, win_length: length, hop_length: hop, window, phase, n_iter: steps } = settings;
  const ms = (count) => `${grouped(count)} samples (${fixed((1000 * count) / rate)} ms)`;
  const shape = describeSize(figure, samples, `frequencies ${fixed(rate / size)} Hz apart`);
  return `${capital(window)} window of ${ms(length || size)}, hop of ${ms(hop)}: ${shape}. ${WAYS[phase](steps)}`;
}

/** What the rebuilt sound depends on: not on the display, and on the steps only where there are any. */
function soundNeeds({ display, n_iter: steps, ...rest }) {
  return ITERATED.includes(rest.phase) ? { ...rest, steps } : rest;
}

export default explorer({
  panels: [spectrogram(linearAxis)],
  sounds: [
    { want: "sound", label: "Rebuilt from the picture", needs: soundNeeds },
    { want: "original", label: "Original", needs: () => null },
  ],
  describe: describeTransform,
  idle: ({ phase }) => (ITERATED.includes(phase) ? [] : ["n_iter"]),
  ownSound: ownSoundFor("Or analyse a sound of your own."),
});
