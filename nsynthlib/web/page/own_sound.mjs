/** Another sound in place of the example: one that is offered, or a reader's own, which is kept in this view alone. */
import constants from "../../constants.json" with { type: "json" };
import { isPage } from "./backend.mjs";
import { make, makeButton } from "./dom.mjs";
import { fixed } from "./format.mjs";
import { openMicrophone } from "./microphone.mjs";
import { readSound } from "./sound_file.mjs";

const { longest_seconds: LONGEST } = constants.own_sound;

const PRIVATE = "Your own sound never leaves your browser.";
const BACK = ["Back to the example", "The example is back."];
const TO_KERNEL = "Your own sound goes to this notebook's kernel to be computed, and is stored nowhere.";

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
 * what for. `onChange(samples)` gets an Int16Array at the model's rate, or `null` for the example; `back` are the words of
 * the button that leads there, and what it then says. Whatever goes wrong is said in one line, and the sound that was
 * there stays.
 */
export function makeOwnSound(el, model, words, onChange, [backWords, isBack] = BACK) {
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
  const back = makeButton(group, backWords, () => use(null, isBack));
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

/**
 * A reader's own sound as an explorer takes it: `place(el, model, onChange)` makes the place for it, under `words`, or
 * what `(model)` gives, and none without words; `read(file, rate)` reads a file.
 */
export const ownSoundFor = (words) => ({
  place(el, model, onChange) {
    const told = typeof words === "function" ? words(model) : words;
    return told ? makeOwnSound(el, model, told, onChange) : () => {};
  },
  read: readSound,
});
