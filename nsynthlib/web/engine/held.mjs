/** Notes that can be held, as they are played. */
import { hold } from "../dsp/sustain.mjs";
import { FACTOR, upsample } from "../dsp/upsample.mjs";
import { limitPeak } from "./forms.mjs";

/** A note at 16 kHz, `[samples]`, as it is played: held, and at 48 kHz; the loop is counted there too. */
export function toHeld(audio) {
  const { fitted: note } = limitPeak(audio);
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
