/** The explorer of mel bands. */
import constants from "../../constants.json" with { type: "json" };
import { explorer } from "../page/explorer.mjs";
import { describeSize, grouped } from "../page/format.mjs";
import { ownSoundFor } from "../page/own_sound.mjs";
import { plotPanel } from "../page/plot_panel.mjs";
import { melAxis, spectrogram } from "../page/spectrogram.mjs";

const { blue, vermillion } = constants.colours;
const SCALES = { htk: "HTK", slaney: "Slaney" };

/** Every second triangle as one line, from the `first` on; between two triangles it runs along the bottom. */
function triangles(corners, first) {
  const [x, y] = [[], []];
  for (let i = first; i + 2 < corners.length; i += 2) {
    x.push(...corners.slice(i, i + 3));
    y.push(0, 1, 0);
  }
  return { x, y };
}

function plotFilters({ corners, rows }, { mel_scale: scale }, rate) {
  const width = rows > 128 ? 0.7 : 1.3;
  return {
    x: { label: "Frequency (Hz)", min: 0, max: rate / 2 },
    y: { label: "Weight of each filter", min: 0, max: 1 },
    lines: [
      { ...triangles(corners, 0), colour: blue, width },
      { ...triangles(corners, 1), colour: vermillion, width, dash: rows > 64 ? [] : [5, 3] },
    ],
    alt:
      `Filterbank: ${rows} triangles of height 1 from ${grouped(Math.round(corners[0]))} to ` +
      `${grouped(Math.round(corners.at(-1)))} Hz, evenly spaced on the ${SCALES[scale]} mel scale.`,
  };
}

function describeBands({ mel_scale: scale, f_min: low, f_max: high, n_iter: steps }, figure, rate, samples) {
  const { rows, empty } = figure;
  const range = `${grouped(low)} to ${grouped(high)} Hz on the ${SCALES[scale]} scale`;
  const gaps = empty ? ` ${empty} of the ${rows} bands are empty: narrower than the transform's bins are apart.` : "";
  const way = `Heard: bands back to magnitudes, phase by PGHI and ${steps} steps of Griffin and Lim.`;
  return `From ${range}: ${describeSize(figure, samples, "bands")}.${gaps} ${way}`;
}

export default explorer({
  panels: [plotPanel(plotFilters), spectrogram(melAxis)],
  sounds: [
    { want: "sound", label: "What survives" },
    { want: "original", label: "Original", needs: () => null },
  ],
  describe: describeBands,
  ownSound: ownSoundFor("Or analyse a sound of your own."),
});
