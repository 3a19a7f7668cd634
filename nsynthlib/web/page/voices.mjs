/** Notes that sound while their keys are down, several at once. */

const MOST = 6; // at once; one more ends the oldest
const GAIN = 0.25; // of each, so that six of them stay below full scale
const TAIL = 0.05; // seconds after the release until a voice is let go
const SIXTY_DB = Math.log(1000); // time constants in a fall by 60 dB

/** Sounds of pitches as the page's own audio, each asked for once; all are forgotten when `stateOf` changes. */
function makeStore(context, ask, stateOf) {
  let [state, sounds, abort] = [null, new Map(), new AbortController()];

  async function load(pitch, signal) {
    const answer = await ask(pitch, signal);
    return answer && context.decodeAudioData(answer.wav.slice().buffer);
  }

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

/** Lets a voice die away as its envelope says, `wait` seconds from now. */
function fade({ source, gain }, context, release, wait = 0) {
  const moment = context.currentTime + wait;
  gain.gain.setTargetAtTime(0, moment, release / SIXTY_DB);
  source.stop(moment + release + TAIL);
}

/**
 * @param ask `(pitch, signal)` gives a promise of a sound, `{ wav }`, or of `null` if it was aborted
 * @param stateOf what sounds depend on beside their pitch, as a text
 * @param releaseOf seconds in which a note falls by 60 dB once its key is up
 * @returns `press(pitch)` and `lift(pitch)`; `warm(pitches)`, which asks for sounds before they are wanted, until `cool()`;
 *   `close()`
 */
export function makeVoices({ ask, stateOf, releaseOf }) {
  const context = new AudioContext();
  const soundOf = makeStore(context, ask, stateOf);
  const held = new Map(); // pitch to voice
  let warming = 0;

  /** Sounds as soon as it is there; a key that was tapped meanwhile is heard for as long as it was down. */
  async function start(voice, pitch) {
    const sound = await soundOf(pitch);
    if (!sound) return;
    voice.source = new AudioBufferSourceNode(context, { buffer: sound });
    voice.gain = new GainNode(context, { gain: GAIN });
    voice.source.connect(voice.gain).connect(context.destination);
    voice.source.start();
    if (voice.ended) fade(voice, context, releaseOf(), (voice.ended - voice.begun) / 1000);
  }

  function lift(pitch) {
    const voice = held.get(pitch);
    if (!voice) return;
    held.delete(pitch);
    voice.ended = performance.now();
    if (voice.source) fade(voice, context, releaseOf());
  }

  function press(pitch) {
    lift(pitch);
    if (held.size === MOST) lift(held.keys().next().value);
    const voice = { begun: performance.now() };
    held.set(pitch, voice);
    context.resume();
    start(voice, pitch);
  }

  async function warm(pitches) {
    const turn = ++warming;
    for (const pitch of pitches) {
      if (turn !== warming) return;
      await soundOf(pitch);
    }
  }

  return { press, lift, warm, cool: () => warming++, close: () => context.close() };
}
