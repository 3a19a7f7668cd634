/** A piece as sound: the model makes each pitch once, and voices of the page play it. */
import constants from "../../constants.json" with { type: "json" };
import { releaseVoice, startVoice, toPlayable } from "./held_voices.mjs";
import { makeOutput } from "./output.mjs";

const LAYER = 100; // the velocity that the model is asked for
const LEAD = 0.1; // seconds from Play to the first note
const FADE = 0.02; // seconds in which all ends that is stopped
const LOUDER = 2; // than the instrument, which leaves room for more notes at once than a piece has

const gainOf = (velocity) => LOUDER * (velocity / LAYER) ** (constants.playing.velocity_slope_db / 20);

/**
 * `ask(want, pitch, signal)` gives a held note of `familyNow()`, or `null` if it was aborted. The answer is
 * `prepare(notes, signal, onMade)`, where `notes` are `[start, end, pitch, velocity]`: a promise of the events that
 * `renderVoices` takes, or of `null`; `onMade(count, of)` hears how far it is.
 */
export function makePieceSound(ask, familyNow) {
  let made = { family: null, notes: new Map() };

  return async (notes, signal, onMade) => {
    const family = familyNow();
    if (made.family !== family) made = { family, notes: new Map() };
    const kept = made.notes;
    const pitches = [...new Set(notes.map(([, , pitch]) => pitch))];
    for (const [i, pitch] of pitches.entries()) {
      if (kept.has(pitch)) continue;
      onMade(i + 1, pitches.length);
      const answer = signal.aborted || familyNow() !== family ? null : await ask("held", pitch, signal);
      if (!answer) return null;
      kept.set(pitch, toPlayable(answer));
    }
    return notes.map(([start, end, pitch, velocity]) =>
      ({ start, end, note: kept.get(pitch), gain: gainOf(velocity) }));
  };
}

/** Plays events from now on: `at()`, seconds since the beginning, and `stop()`. */
export function playEvents(context, events) {
  const { input, output } = makeOutput(context);
  const level = new GainNode(context);
  level.connect(input);
  const begin = context.currentTime + LEAD;
  const voices = events.map(({ start, end, note, gain }) => {
    const voice = startVoice(context, level, note, { gain, when: begin + start });
    releaseVoice(voice, begin + end);
    return voice;
  });

  function stop() {
    const now = context.currentTime;
    level.gain.setTargetAtTime(0, now, FADE / 5);
    for (const { source } of voices) source.stop(now + FADE);
    setTimeout(() => output.disconnect(), 2000 * FADE);
  }

  return { at: () => context.currentTime - begin, stop };
}
