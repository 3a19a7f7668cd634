/** Notes that can be held, as they are played. */
import { levels } from "../dsp/index.mjs";
import { hold } from "../dsp/sustain.mjs";
import { FACTOR, upsample } from "../dsp/upsample.mjs";

/** A note at 16 kHz, `[samples]`, as it is played: held, and at 48 kHz; the loop is counted there too. */
export function toHeld(audio) {
  const beyond = Math.max(1, levels(audio).peak);
  const note = audio.map((value) => value / beyond);
  const { samples, loopStart, loopEnd, decayDb, release } = hold(note);
  return {
    samples: upsample(samples, loopStart === null ? undefined : samples.subarray(loopStart)),
    loopStart: loopStart && loopStart * FACTOR,
    loopEnd: loopEnd && loopEnd * FACTOR,
    decayDb,
    release: Float32Array.from(release),
    note: Float32Array.from(note),
  };
}
