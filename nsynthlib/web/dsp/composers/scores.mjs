/**
 * What the composers compose from, and how their notes get their time: `nsynthlib/playing/composers/scores.py`.
 *
 * A chord is `{ pitches, beats }`; a note is `{ start, end, pitch, velocity, family }`, in seconds and MIDI numbers.
 */
import scores from "../../../playing/composers/scores.json" with { type: "json" };

export const SCORES = scores;
export const LONGEST = 30; // seconds of a piece

/** One voice, written as pitch and beats: "60:1 64+67:.5 r:2". */
export function readScore(text) {
  return text.split(/\s+/).filter(Boolean).map((word) => {
    const [pitches, beats] = word.split(":");
    return { pitches: pitches === "r" ? [] : pitches.split("+").map(Number), beats: Number(beats) };
  });
}

/** A tune of the scores by its name. */
export const readTune = (name) => readScore(SCORES.tunes[name].bars.join(" "));

/** The notes of one voice, one chord after another; `tempo` in beats a minute, `at` in beats, `transpose` in semitones. */
export function perform(chords, family, { tempo = 120, at = 0, velocity = 90, transpose = 0, legato = 0.9 } = {}) {
  const notes = [];
  for (const { pitches, beats } of chords) {
    const [start, end] = [(at * 60) / tempo, ((at + legato * beats) * 60) / tempo];
    for (const pitch of pitches) notes.push({ start, end, pitch: pitch + transpose, velocity, family });
    at += beats;
  }
  return notes;
}

const ORDER = ["start", "end", "pitch", "velocity", "family"];

/** Which of two notes comes first. */
function compare(one, other) {
  const name = ORDER.find((part) => one[part] !== other[part]);
  if (!name) return 0;
  return one[name] < other[name] ? -1 : 1;
}

/** The notes by their beginning; throws a line where they last longer than 30 s. */
export function toPiece(notes) {
  const last = notes.reduce((latest, { end }) => Math.max(latest, end), 0);
  if (last <= LONGEST) return [...notes].sort(compare);
  const told = `the piece would last ${last.toFixed(1)} s, more than ${LONGEST} s`;
  throw new Error(`${told}; take a faster tempo or less`);
}

/** A whole number from 0 to `count` - 1, each as likely. */
export const pick = (random, count) => Math.floor(random() * count);
