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

function describeTone({ way, labels, pitch, velocity, attack, decay, sustain, release, ...own }) {
  const settings = Object.entries(labels).map(([name, [words, unit]]) => `${words} ${withUnit(own[name], unit)}`);
  const key = `MIDI ${pitch} (${fixed(toHz(pitch))} Hz), velocity ${velocity}`;
  const times = Object.entries({ attack, decay, release }).map(([name, value]) => `${name} ${withUnit(value, "s")}`);
  const envelope = [...times, `sustain ${withUnit(sustain, "dB")}`].join(", ");
  return `${WAYS[way] ?? capital(way)}. ${settings.join(", ")}. ${key}. Envelope: ${envelope}.`;
}

export default explorer({
  panels: [envelopePanel(HELD, SAMPLES / RATE), spectrogram(linearAxis)],
  sounds: [{ want: "sound", label: "Sound" }],
  describe: describeTone,
  ownSound: false,
});
