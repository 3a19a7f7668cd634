/** Isorhythm, as in `nsynthlib/playing/composers/isorhythm.py`. */
import { perform, toPiece } from "./scores.mjs";

const divisor = (a, b) => (b ? divisor(b, a % b) : a);

/** Notes after which talea and color begin together again. */
export function period(talea, color) {
  const sounding = talea.filter((beats) => beats > 0).length;
  return (sounding * color.length) / divisor(sounding, color.length);
}

/** Both wheels turned one value at a time, for so many notes: `{ taleaPlace, colorPlace, start, beats, pitch }` each. */
export function turns(talea, color, notes) {
  const made = [];
  let [played, at] = [0, 0];
  while (played < notes || (made.length % talea.length && talea[made.length % talea.length] < 0)) {
    const taleaPlace = made.length % talea.length;
    const beats = Math.abs(talea[taleaPlace]);
    const colorPlace = talea[taleaPlace] > 0 ? played++ % color.length : null;
    made.push({ taleaPlace, colorPlace, start: at, beats, pitch: colorPlace === null ? null : color[colorPlace] });
    at += beats;
  }
  return made;
}

/** The tenor that talea and color make together. */
export function isorhythm(talea, color, { notes = period(talea, color), tempo = 240, family = "vocal" } = {}) {
  const chords = turns(talea, color, notes).map(({ pitch, beats }) => ({ pitches: pitch === null ? [] : [pitch], beats }));
  return toPiece(perform(chords, family, { tempo, legato: 0.95 }));
}
