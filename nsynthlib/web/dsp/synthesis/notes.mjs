/**
 * The notes of the synthesis explorers, as `nsynthlib/widgets/synthesis_explorers.py` makes them: pure functions of
 * what the controls say.
 */
import constants from "../../../constants.json" with { type: "json" };
import { makeRandom } from "../phase.mjs";
import { midiToHz } from "../pitch.mjs";
import { levels } from "../wav.mjs";
import { CEILING, RATE, countPartials, envelope, toGain } from "./controls.mjs";
import { fm } from "./fm.mjs";
import { granular } from "./granular.mjs";
import { takeApart } from "./harmonics.mjs";
import { filtered, sumPartials } from "./partials.mjs";
import { plucked } from "./plucked.mjs";

const { n_fft, hop_length, ...SYNTHESIS } = constants.synthesis;

/** How the spectrogram of a note is made. */
export const SPECTROGRAM = { n_fft, hop_length, display: "decibels" };

const DARKER = SYNTHESIS.velocity_slope_db; // an octave that the softest note falls more steeply than the loudest
const PEAK = toGain(SYNTHESIS.peak_db); // of a note at velocity 127
const HIGH_DECAY = SYNTHESIS.high_decay; // seconds in which a plucked string's highest partials fall by 60 dB
const RECORDED = SYNTHESIS.analysed_velocity / 127; // velocity of the analysed note

const upTo = (count) => Array.from({ length: count }, (_, i) => i + 1);
const spread = (count, value) => Array.from({ length: count }, (_, i) => value(i / (count - 1)));

/** One second of a tone whose formant rises from 300 Hz to 4.8 kHz. */
function rising(f0, brightness) {
  const k = upTo(countPartials(f0));
  const formant = (hertz) => (part) => 24 / (1 + (Math.log2(hertz / (300 * 2 ** (4 * part))) / 0.3) ** 2);
  const slope = (k) => (-6 - DARKER * (1 - brightness)) * Math.log2(k);
  return sumPartials(k.map((k) => k * f0), k.map((k) => spread(51, formant(k * f0)).map((db) => slope(k) + db)), RATE);
}

/** A sound over and over if it is shorter than a second: longer than any grain. */
const longer = (note) =>
  note.length < RATE
    ? Float64Array.from({ length: Math.ceil(RATE / note.length) * note.length }, (_, n) => note[n % note.length])
    : note;

/** Whether two sounds are one. */
export const isSame = (one, other) => one?.length === other.length && one.every((value, i) => value === other[i]);

/** The last sound that was taken apart: every setting needs it again. */
let apart = { note: null };

function takeApartOnce(note) {
  if (!isSame(apart.note, note)) apart = { note, ...takeApart(note) };
  return apart;
}

/**
 * The tone of each way before envelope and level: `(settings, f0, brightness, note)` to samples. `note` is a reader's
 * own sound or the one that came with the explorer, and empty where there is neither.
 */
const tones = {
  additive({ slope, even, inharmonicity: b }, f0, brightness) {
    const steep = slope - DARKER * (1 - brightness);
    const k = upTo(countPartials(f0));
    const hertz = k.map((k) => f0 * k * Math.sqrt((1 + b * k * k) / (1 + b))).filter((f) => f < CEILING);
    return sumPartials(hertz, k.map((k) => [steep * Math.log2(k) + (k % 2 ? 0 : even)]));
  },
  subtractive({ wave, cutoff, resonance, rate, depth }, f0, brightness) {
    const octaves = (part) => depth * Math.sin(2 * Math.PI * rate * 4 * part) - 2 * (1 - brightness);
    return filtered(f0, wave, spread(501, (part) => cutoff * 2 ** octaves(part)), resonance);
  },
  fm({ ratio, index, fading }, f0, brightness) {
    const falling = envelope({ attack: 0.001, decay: fading, sustain: -Infinity, release: 10 });
    return fm(f0, ratio, index * (0.05 + 0.95 * brightness), falling);
  },
  granular({ length, density, jitter }, f0, brightness, note) {
    const source = note.length ? longer(note) : rising(f0, brightness);
    return granular(source, density, length / 1000, jitter, makeRandom(0));
  },
  plucked({ ringing, cutoff, position }, f0, brightness) {
    const soft = cutoff * 2 ** (-4 * (1 - brightness));
    return plucked(f0, ringing, Math.min(HIGH_DECAY, ringing), position, soft, makeRandom(0));
  },
  spectral({ noise, shift, stretch }, f0, brightness, note) {
    const { tracks, rest } = takeApartOnce(note);
    const k = upTo(tracks.length);
    const hertz = k.map((k) => f0 * k ** stretch + shift);
    const silent = k.map((k) => hertz[k - 1] <= 0 || hertz[k - 1] >= CEILING);
    const change = k.map((k) => (silent[k - 1] ? -300 : DARKER * (brightness - RECORDED) * Math.log2(k)));
    const sines = sumPartials(hertz, tracks.map((track, i) => track.map((db) => db + change[i])));
    const [sineGain, restGain] = [sines, rest].map((part) => 1 / Math.max(levels(part).rms, 1e-9));
    return sines.map((x, n) => x * sineGain + toGain(noise) * rest[n] * restGain);
  },
};

/** The samples of a note; `note` is what it starts from, if it starts from a sound. */
export function makeNote(settings, note) {
  const { way, pitch, velocity } = settings;
  const out = tones[way](settings, midiToHz(pitch), velocity / 127, note);
  const level = envelope(settings);
  for (let n = 0; n < out.length; n++) out[n] *= level[n];
  const gain = (PEAK * velocity) / 127 / Math.max(levels(out).peak, 1e-9);
  return out.map((x) => x * gain);
}

/** The last note, since its sound is asked for right after its figure. */
let last = { key: null, note: null, samples: null };

/** `makeNote`, which does not make again what it has just made. */
export function makeNoteOnce(settings, note) {
  const key = JSON.stringify(settings);
  if (last.key !== key || !isSame(last.note, note)) last = { key, note, samples: makeNote(settings, note) };
  return last.samples;
}
