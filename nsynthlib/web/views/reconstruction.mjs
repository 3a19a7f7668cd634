/** The explorer of reconstructions: a note beside what the models and two copies make of it. */
import constants from "../../constants.json" with { type: "json" };
import { hearNote } from "../dsp/heard_pitch.mjs";
import { midiToHz, noteName } from "../dsp/pitch.mjs";
import { make } from "../page/dom.mjs";
import { explorer } from "../page/explorer.mjs";
import { fixed, signed } from "../page/format.mjs";
import { namedPanel } from "../page/named_panel.mjs";
import { asNote } from "../page/own_note.mjs";
import { ownSoundFor } from "../page/own_sound.mjs";
import { melAxis } from "../page/spectrogram.mjs";
import { readSettings } from "../page/settings.mjs";
import { pitchInWords } from "../page/tuner.mjs";

const WAY_NAMES = { ae: "AE", vae: "VAE", cvae: "CVAE", smoothed: "Smoothed copy", copy: "Copy-synthesis" };
const WAYS = Object.keys(WAY_NAMES);
const COPY = "Copy-synthesis has the original's picture; its sound has lost what the way back from a picture loses.";
const EVERY = constants.choices.way.at(-1);

const isShown = (way, { way: chosen }) => chosen === way || chosen === EVERY;

/** What the sound of a way depends on, beside a reader's own sound. */
function needsOf(way) {
  if (way !== "cvae") return ({ example }) => example;
  return ({ example, pitch, family, velocity }) => [example, pitch, family, velocity];
}

/** Name of a panel, with the error of its picture; a copy's picture is the original's own. */
function nameOf(way, figure) {
  if (way === "copy") return `${WAY_NAMES.copy}, from the original's picture`;
  return figure ? `${WAY_NAMES[way]}: error ${fixed(figure.errors[way])} dB` : WAY_NAMES[way];
}

function wayPanel(way) {
  const pick = ({ cells, ...figure }) => figure[way] && { ...figure, cells: figure[way] };
  return namedPanel(melAxis, (figure) => nameOf(way, figure), pick, (settings) => isShown(way, settings));
}

const waySound = (way) => ({
  want: way,
  label: WAY_NAMES[way],
  needs: needsOf(way),
  shown: (settings) => isShown(way, settings),
});

/** What the CVAE is told: "C4 (MIDI 60, 261.6 Hz) and +4 cents, as measured; brass; velocity 100". */
function describeTold({ pitch, family, velocity }, cents) {
  const beside = cents ? ` and ${signed(cents, 0)} cents, as measured` : "";
  const key = `${noteName(pitch)} (MIDI ${pitch}, ${fixed(midiToHz(pitch))} Hz)${beside}`;
  return `The CVAE is told: ${key}; ${family.replace("_", " ")}; velocity ${velocity}.`;
}

function describeErrors(settings, { errors, cents, rows, cols }, rate, samples, isOwn) {
  const drawn = WAYS.filter((way) => way !== "copy" && isShown(way, settings));
  const told = drawn.map((way) => `${WAY_NAMES[way]} ${fixed(errors[way])} dB`).join(", ");
  return [
    ...(isOwn ? ["Your own note."] : []),
    ...(told ? [`Error of the picture (RMSE over ${rows} bands × ${cols} frames): ${told}.`] : []),
    ...(isShown("copy", settings) ? [COPY] : []),
    ...(isShown("cvae", settings) ? [describeTold(settings, cents)] : []),
  ].join(" ");
}

/** A pitch with fraction as a tuner tells it. */
function tuned(midi) {
  const key = Math.round(midi);
  return { key, name: noteName(key), cents: 100 * (midi - key), hz: midiToHz(midi) };
}

/** The controls of what is told follow the note: its labels, or the pitch that is heard in a reader's own. */
function followLabels(el, model) {
  const rate = model.get("sample_rate");
  const heard = make(el, "p", "nn-told", { "aria-live": "polite", hidden: "" });
  const tellLabels = () => model.set(model.get("labels")[readSettings(model).example]);
  model.on("change:example", tellLabels);

  function hear(note) {
    const midi = hearNote(note, rate);
    if (midi === null) return "No pitch is heard in your note; the CVAE needs one: set it by the control above.";
    const { key, ...pitch } = tuned(midi);
    const [lowest, highest] = constants.model_pitches;
    model.set({ pitch: Math.max(lowest, Math.min(highest, key)) });
    return `Pitch heard in your note, for the CVAE: ${pitchInWords(pitch)}. If it is wrong, set it by the control above.`;
  }

  function take(samples) {
    heard.hidden = !samples;
    if (!samples) {
      tellLabels();
      return null;
    }
    const note = asNote(samples, rate);
    heard.textContent = hear(note);
    return note;
  }
  return { take, end: () => model.off("change:example", tellLabels) };
}

export default explorer({
  panels: [namedPanel(melAxis, () => "Original", (figure) => figure), ...WAYS.map(wayPanel)],
  compact: true,
  sounds: [
    { want: "original", label: "Original", needs: ({ example }) => example },
    ...WAYS.map(waySound),
  ],
  describe: describeErrors,
  idle: (settings) => (isShown("cvae", settings) ? [] : ["pitch", "family", "velocity"]),
  ownSound: ownSoundFor("Or send a note of your own through: one note, sung or played."),
  follow: followLabels,
});
