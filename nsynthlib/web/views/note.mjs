/** The explorer of a way of synthesis: a note's envelope above its spectrogram. */
import constants from "../../constants.json" with { type: "json" };
import { midiToHz, noteName } from "../dsp/pitch.mjs";
import { envelopePanel } from "../page/envelope.mjs";
import { explorer } from "../page/explorer.mjs";
import { capital, fixed } from "../page/format.mjs";
import { makeKeyboard } from "../page/keyboard.mjs";
import { ownSoundFor } from "../page/own_sound.mjs";
import { linearAxis, spectrogram } from "../page/spectrogram.mjs";

const SECONDS = constants.note_samples / constants.sample_rate;

const WAYS = { fm: "FM" }; // whose name is not its own

/** A value with as many digits as it takes, and a unit if it has one. */
function withUnit(value, unit) {
  const told = typeof value === "number" ? String(Number(value.toPrecision(3))).replace("-", "\u2212") : value;
  return unit ? `${told} ${unit}` : told;
}

/** What a reader's own sound is for: grains, a model to be taken apart, or something to aim at. */
const USES = {
  granular: "Or cut the grains from a sound of your own.",
  spectral: "Or take a steady note of your own apart, sung or played.",
};
const AIM = "Set a sound of your own beside the note, and try to come near it.";

function describeTone(told, figure, rate, samples, isOwn) {
  const { way, labels, pitch, velocity, attack, decay, sustain, release, ...own } = told;
  const settings = Object.entries(labels).map(([name, [words, unit]]) => `${words} ${withUnit(own[name], unit)}`);
  const midi = `MIDI ${pitch} (${fixed(midiToHz(pitch))} Hz)`;
  const key = `${isOwn && way === "granular" ? "Grains of your own sound" : midi}, velocity ${velocity}`;
  const times = Object.entries({ attack, decay, release }).map(([name, value]) => `${name} ${withUnit(value, "s")}`);
  const envelope = [...times, `sustain ${withUnit(sustain, "dB")}`].join(", ");
  return `${WAYS[way] ?? capital(way)}. ${settings.join(", ")}. ${key}. Envelope: ${envelope}.`;
}

export default explorer({
  panels: [envelopePanel(constants.held_seconds, SECONDS), spectrogram(linearAxis)],
  sounds: [
    { want: "sound", label: "Sound" },
    { want: "original", label: "Your own sound", needs: () => null, shown: (settings, isOwn) => isOwn },
  ],
  describe: describeTone,
  keyboard: (el, sounds) => makeKeyboard(el, sounds, noteName),
  comparison: { name: "Your own sound", panel: spectrogram(linearAxis) },
  ownSound: ownSoundFor((model) => USES[model.get("way")] ?? AIM),
});
