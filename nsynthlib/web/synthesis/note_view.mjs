/** The explorer of a way of synthesis: a note's envelope above its spectrogram. */
import { explorer } from "../explorer.mjs";
import { linearAxis, spectrogram } from "../spectrogram.mjs";
import { capital, fixed } from "../words.mjs";
import { RATE, SAMPLES, toHz } from "./controls.mjs";
import { envelopePanel } from "./envelope.mjs";

const HELD = 3; // seconds the key is down

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

function describeTone(told, picture, rate, samples, isOwn) {
  const { way, labels, pitch, velocity, attack, decay, sustain, release, ...own } = told;
  const settings = Object.entries(labels).map(([name, [words, unit]]) => `${words} ${withUnit(own[name], unit)}`);
  const place = isOwn && way === "granular" ? "Grains of your own sound" : `MIDI ${pitch} (${fixed(toHz(pitch))} Hz)`;
  const key = `${place}, velocity ${velocity}`;
  const times = Object.entries({ attack, decay, release }).map(([name, value]) => `${name} ${withUnit(value, "s")}`);
  const envelope = [...times, `sustain ${withUnit(sustain, "dB")}`].join(", ");
  return `${WAYS[way] ?? capital(way)}. ${settings.join(", ")}. ${key}. Envelope: ${envelope}.`;
}

export default explorer({
  panels: [envelopePanel(HELD, SAMPLES / RATE), spectrogram(linearAxis)],
  sounds: [
    { want: "sound", label: "Sound" },
    { want: "original", label: "Your own sound", needs: () => null, onlyOwn: true },
  ],
  describe: describeTone,
  beside: { name: "Your own sound", panel: spectrogram(linearAxis) },
  ownSound: (model) => USES[model.get("way")] ?? AIM,
});
