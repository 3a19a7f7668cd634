/** Another sound in place of the example: one that is offered, or a reader's own, which is kept in this view alone. */
import constants from "../../constants.json" with { type: "json" };
import { isPage } from "./backend.mjs";
import { mixChannels } from "./channels.mjs";
import { make, makeButton } from "./dom.mjs";
import { fixed } from "./format.mjs";
import { openMicrophone } from "./microphone.mjs";

const { longest_seconds: LONGEST, shortest_seconds: SHORTEST } = constants.own_sound; // what is longer is cut
const LARGEST = 100e6; // bytes of a file

const PRIVATE = "Your own sound never leaves your browser.";
const TO_KERNEL = "Your own sound goes to this notebook's kernel to be computed, and is stored nowhere.";

/** How far amplitudes reach beyond full scale, which is 1; 1 where they do not. */
const reachOf = (audio) => audio.reduce((most, value) => Math.max(most, Math.abs(value)), 1);

/** Amplitudes as samples of 16 bits; divided by `beyond`, so that none clips. */
function toSamples(audio, beyond) {
  return Int16Array.from(audio, (value) => Math.max(-32768, Math.min(32767, Math.round((value / beyond) * 32768))));
}

/** A file of any kind, rate and channels as `{ samples, seconds, alone, beyond }` at `rate`; the samples are cut. */
export async function readSound(file, rate) {
  if (file.size > LARGEST) throw new Error(`This file is larger than ${LARGEST / 1e6} MB; choose a shorter sound.`);
  const context = new OfflineAudioContext(1, 1, rate); // decoding resamples to the rate of the context
  const buffer = await context.decodeAudioData(await file.arrayBuffer()).catch(() => {
    throw new Error("This file could not be read as sound; choose a WAV, FLAC, MP3 or Ogg file.");
  });
  if (buffer.duration < SHORTEST) throw new Error(`This sound is shorter than ${SHORTEST} s; choose a longer one.`);
  const channels = Array.from({ length: buffer.numberOfChannels }, (_, i) => buffer.getChannelData(i));
  const { audio, alone } = mixChannels(channels);
  const beginning = audio.subarray(0, LONGEST * rate);
  const beyond = reachOf(beginning);
  return { samples: toSamples(beginning, beyond), seconds: buffer.duration, alone, beyond };
}

/** Records until `stop` resolves; the answer is a file. */
async function record(stream, stop) {
  const recorder = new MediaRecorder(stream);
  const parts = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const ended = new Promise((resolve) => (recorder.onstop = resolve));
  recorder.start();
  await stop;
  recorder.stop();
  await ended;
  for (const track of stream.getTracks()) track.stop();
  return new Blob(parts, { type: recorder.mimeType });
}

/** "voice.wav: 3.20 s.", and what was done to it. */
function describe(name, { seconds, alone, beyond }) {
  const length = `${fixed(seconds, 2)} s`;
  const down = fixed(20 * Math.log10(beyond));
  return [
    seconds > LONGEST ? `${name}: the first ${LONGEST} s of ${length}.` : `${name}: ${length}.`,
    ...(alone ? [`Its channels cancel each other when mixed; channel ${alone} alone is used.`] : []),
    ...(beyond > 1 ? [`It reaches ${fixed(beyond, 2)} times full scale and was turned down by ${down} dB.`] : []),
  ].join(" ");
}

/**
 * Buttons to take one of the sounds that come with the model, to load, to record and to go back, under `words` that say
 * what for. `onChange(samples)` gets an Int16Array at the model's rate, or `null` for the example. Whatever goes wrong is
 * said in one line, and the sound that was there stays.
 */
export function makeOwnSound(el, model, words, onChange) {
  const rate = model.get("sample_rate");
  const group = make(el, "div", "nn-own", { role: "group", "aria-label": "Another sound" });
  make(group, "span", "nn-own-words", {}, `${words} ${isPage() ? PRIVATE : TO_KERNEL}`);
  for (const [name, file] of Object.entries(model.get("sounds"))) {
    makeButton(group, name, () => load(new Blob([file]), name));
  }
  const chooser = { type: "file", accept: "audio/*", "aria-label": "Sound file", hidden: "" };
  const input = make(group, "input", "nn-file", chooser);
  makeButton(group, "Use a sound file", () => input.click());
  const recording = makeButton(group, `Record ${LONGEST} s`, () => (stop ? stop() : fromMicrophone()));
  const back = makeButton(group, "Back to the example", () => use(null, "The example is back."));
  const status = make(group, "span", "nn-own-status", { "aria-live": "polite" });
  let stop = null;
  back.disabled = true;

  function use(samples, words) {
    if (document.activeElement === back && !samples) recording.focus();
    back.disabled = !samples;
    status.textContent = words;
    onChange(samples);
  }

  const attempt = (work) => work().catch((error) => (status.textContent = error.message));

  const load = (file, name) =>
    attempt(async () => {
      const sound = await readSound(file, rate);
      use(sound.samples, describe(name, sound));
    });

  const fromMicrophone = () =>
    attempt(async () => {
      const stream = await openMicrophone("choose a file");
      const enough = new Promise((resolve) => (stop = resolve));
      const timer = setTimeout(stop, 1000 * LONGEST + 100);
      recording.textContent = "Stop recording";
      status.textContent = "Recording …";
      const file = await record(stream, enough).finally(() => {
        clearTimeout(timer);
        stop = null;
        recording.textContent = `Record ${LONGEST} s`;
      });
      await load(file, "Your recording");
    });

  input.addEventListener("change", async () => {
    const [file] = input.files;
    if (file) await load(file, file.name);
    input.value = "";
  });
  return () => stop?.();
}
