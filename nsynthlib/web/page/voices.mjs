/** Notes of an explorer that sound while their keys are down, several at once. */
import { makeHeldKeys } from "./held_keys.mjs";

const MOST_KEYS = 6; // at once; one more ends the oldest
const KEY_GAIN = 0.25; // of each, so that six of them stay below full scale
const TAIL = 0.05; // seconds after the release until a voice is let go
const SIXTY_DB = Math.log(1000); // time constants in a fall by 60 dB

/** Sounds of pitches as they are played, each asked for once; all are forgotten when `stateOf` changes. */
function makeStore(load, stateOf) {
  let [state, sounds, abort] = [null, new Map(), new AbortController()];

  return (pitch) => {
    if (state !== stateOf()) {
      abort.abort();
      [state, sounds, abort] = [stateOf(), new Map(), new AbortController()];
    }
    const known = sounds;
    const forget = () => known.delete(pitch) && null; // the status line tells what is wrong; the next touch tries again
    if (!known.has(pitch)) known.set(pitch, load(pitch, abort.signal).catch(forget));
    return known.get(pitch);
  };
}

/** Voices that die away, once they are released, by 60 dB in as many seconds as `releaseOf` says. */
const makeFadingVoices = (context, releaseOf) => ({
  start(buffer, { gain, when }) {
    const source = new AudioBufferSourceNode(context, { buffer });
    const level = new GainNode(context, { gain });
    source.connect(level).connect(context.destination);
    source.start(when);
    return { source, level };
  },
  release({ source, level }, when) {
    const release = releaseOf();
    level.gain.setTargetAtTime(0, when, release / SIXTY_DB);
    source.stop(when + release + TAIL);
  },
});

/** Sounds that end by themselves: what is asked for, how an answer is played, and by which voices. */
export const wholeSounds = ({ releaseOf }) => ({
  want: "sound",
  gain: KEY_GAIN,
  toPlayable: ({ wav }, context) => context.decodeAudioData(wav.slice().buffer),
  voicesIn: (context) => makeFadingVoices(context, releaseOf),
});

/**
 * @param ask `(want, pitch, signal)` gives a promise of a sound, or of `null` if it was aborted
 * @param stateOf what sounds depend on beside their pitch, as a text
 * @param way what is asked for and how it sounds, see `wholeSounds`
 * @returns `press(pitch)` and `lift(pitch)`; `warm(pitches)`, which asks for sounds before they are wanted, until `cool()`;
 *   `close()`
 */
export function makeKeyVoices({ ask, stateOf }, { want, gain, toPlayable, voicesIn }) {
  const context = new AudioContext();
  const soundOf = makeStore(async (pitch, signal) => {
    const answer = await ask(want, pitch, signal);
    return answer && toPlayable(answer, context);
  }, stateOf);
  const find = (pitch) => ({ gain, get: async () => ({ note: await soundOf(pitch), gain }) });
  const voices = voicesIn(context);
  const { noteOn: press, noteOff: lift } = makeHeldKeys({ context, voices, find, most: MOST_KEYS });
  let warming = 0;

  async function warm(pitches) {
    const turn = ++warming;
    for (const pitch of pitches) {
      if (turn !== warming) return;
      await soundOf(pitch);
    }
  }

  return { press, lift, warm, cool: () => warming++, close: () => context.close() };
}
