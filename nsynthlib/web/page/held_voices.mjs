/** Notes that sound: the nodes of one voice, in a context of the page's or one that renders. */
import constants from "../../constants.json" with { type: "json" };

const { flat_from_seconds: FLAT, upsampling: FACTOR } = constants.playing;
export const { release_seconds: RELEASE } = constants.playing;
export const FINE_RATE = FACTOR * constants.sample_rate; // of the samples that are played
const INAUDIBLE_DB = 120; // below where a voice began: it ends there
const LONGEST_DECAY = 3600; // seconds of one decay
const CUT = 0.02; // seconds in which a voice ends that has to make room
export const MOST = 16; // voices that sound at once, released ones among them

/** A held note of the engine as it is played: its samples as an AudioBuffer. */
export function toPlayable({ samples, ...note }) {
  const buffer = new AudioBuffer({ length: samples.length, sampleRate: FINE_RATE });
  buffer.copyToChannel(samples, 0);
  return { ...note, buffer };
}

/** Lets the level fall as a note of the model does while it is held; the voice ends where nothing is left. */
function decay(source, level, gain, decayDb, when) {
  if (decayDb === 0) return;
  const seconds = Math.min(LONGEST_DECAY, INAUDIBLE_DB / -decayDb);
  level.gain.setValueAtTime(gain, when + FLAT);
  level.gain.exponentialRampToValueAtTime(gain * 10 ** ((decayDb * seconds) / 20), when + FLAT + seconds);
  source.stop(when + FLAT + seconds);
}

/**
 * A voice that begins at `when`, in seconds of the context's clock: a playable note with a `gain`, and `cents` above its
 * own pitch.
 */
export function startVoice(context, output, note, { gain, cents = 0, when }) {
  const { buffer, loopStart, loopEnd, decayDb, release } = note;
  const loops = loopStart !== null;
  const rate = buffer.sampleRate;
  const loop = loops ? { loop: true, loopStart: loopStart / rate, loopEnd: loopEnd / rate } : {};
  const source = new AudioBufferSourceNode(context, { buffer, detune: cents, ...loop });
  const level = new GainNode(context, { gain });
  const fading = new GainNode(context);
  source.connect(level).connect(fading).connect(output);
  source.start(when);
  decay(source, level, gain, loops ? decayDb : 0, when);
  return { source, fading, release, when };
}

/** Releases a voice at `when`, as its note of the model fades once its key is up. */
export function releaseVoice({ source, fading, release }, when) {
  fading.gain.setValueCurveAtTime(release, when, RELEASE);
  source.stop(when + RELEASE);
}

/** Ends a voice at once, without a click. */
function cutVoice({ source, fading }, now) {
  fading.gain.cancelAndHoldAtTime?.(now);
  if (!fading.gain.cancelAndHoldAtTime) fading.gain.cancelScheduledValues(now);
  fading.gain.setTargetAtTime(0, now, CUT / 5);
  source.stop(now + CUT);
}

/** Voices of a page: `start`, `release`; where there are too many, those that were released first make room. */
export function makeVoices(context, output) {
  const held = new Set(); // the oldest first
  const released = new Set(); // that which was released first, first

  function makeRoom() {
    if (held.size + released.size < MOST) return;
    const among = released.size ? released : held;
    const [oldest] = among;
    among.delete(oldest);
    cutVoice(oldest, context.currentTime);
  }

  return {
    start(note, how) {
      makeRoom();
      const voice = startVoice(context, output, note, how);
      held.add(voice);
      voice.source.onended = () => [held, released].forEach((some) => some.delete(voice));
      return voice;
    },
    /** Releases a voice, unless it was released or had to make room before. */
    release(voice, when) {
      if (!held.delete(voice)) return;
      released.add(voice);
      releaseVoice(voice, when);
    },
  };
}
