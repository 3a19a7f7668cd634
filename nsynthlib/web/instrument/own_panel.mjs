/**
 * One's own sound: taken in, its pitch found and mended, and played across the keyboard.
 *
 * The book's own tuner finds it. Of the 62 pocket notes it hears all within 50 cents, the median 2.7 cents beside their
 * keys; pitchy 4.1.0, a library of the same method, hears them all too, the median 3.3 cents beside.
 */
import constants from "../../constants.json" with { type: "json" };
import { hearNote } from "../dsp/heard_pitch.mjs";
import { namePitch, noteName } from "../dsp/pitch.mjs";
import { make } from "../page/dom.mjs";
import { asNote } from "../page/own_note.mjs";
import { makeOwnSound } from "../page/own_sound.mjs";
import { pitchInWords } from "../page/tuner.mjs";
import { makeList } from "./fields.mjs";
import { FAMILIES } from "./timbre_panel.mjs";

const { sample_rate: RATE, model_pitches: [LOWEST, HIGHEST] } = constants;
const UNHEARD = 60; // the pitch that is taken where none is heard
const VELOCITY = 100; // that it is taken for
const WORDS = "Load or record a sound of up to 4 s, best a single note: the model plays it on every key and in every family.";
const PITCHES = Array.from({ length: HIGHEST - LOWEST + 1 }, (_, i) => [LOWEST + i, noteName(LOWEST + i)]);
const BACK = ["Back to the family", "The family’s own sound is back."];

const clamp = (midi) => Math.min(HIGHEST, Math.max(LOWEST, midi));

/** A pitch with its fraction, in words. */
const say = (midi) => pitchInWords(namePitch(midi));

/** The panel in `el`; `tell` puts words into the status line. */
export function makeOwnPanel(el, instrument, tell) {
  const { settings } = instrument;
  const held = { sample_rate: RATE, sounds: {} };
  makeOwnSound(el, { get: (name) => held[name] }, WORDS, take, BACK);
  const found = make(el, "div", "nn-own-found");
  found.hidden = true;
  const heard = make(found, "p", "nn-words", { role: "status" });
  const pitches = makeList(found, "Its pitch is", PITCHES, (value) => choose({ pitch: Number(value) + beside }));
  const families = makeList(found, "It is most like", FAMILIES, (value) => choose({ family: value }));
  let note = null;
  let beside = 0; // semitones from the nearest key to where it is heard
  let told = null; // what the encoder is told of it
  let turn = 0;

  function take(samples) {
    found.hidden = !samples;
    turn++;
    if (!samples) return void (settings.point = "");
    note = asNote(samples, RATE);
    const midi = hearNote(note, RATE);
    const hears = midi !== null && midi >= LOWEST && midi <= HIGHEST;
    beside = hears ? midi - Math.round(midi) : 0;
    heard.textContent = hears
      ? `It is heard at ${say(midi)}. Correct it here if that is wrong:`
      : `No clear pitch is heard. Choose the pitch it should be taken for:`;
    choose({ pitch: hears ? midi : UNHEARD, family: settings.family });
  }

  async function choose(changes) {
    told = { velocity: VELOCITY, ...told, ...changes };
    pitches.show(String(clamp(Math.round(told.pitch))));
    families.show(told.family);
    const mine = ++turn;
    tell("Encoding your sound …");
    try {
      await instrument.useOwn(note, told);
      if (mine === turn) tell("Your sound is on the keys.");
    } catch (error) {
      tell(error.message);
    }
  }
}
