/** The pitch of a whole note, as a tuner hears it frame after frame. */
import { hzToMidi } from "./pitch.mjs";
import { hearPitch, makeTuner } from "./tuner.mjs";
import { levels } from "./wav.mjs";

const SIZE = 2048; // samples of a frame
const QUIET = 0.1; // of the loudest frame's RMS: what lies 20 dB below it takes no part
const LEAST = 3; // frames with a pitch

/** MIDI number, with its fraction, of samples of 16 bits: the median over their frames; `null` where none is heard. */
export function hearNote(samples, rate) {
  const rms = (frame) => levels(frame).rms;
  const tuner = makeTuner(SIZE);
  const audio = Float64Array.from(samples, (value) => value / 32768);
  const frames = Array.from({ length: Math.floor(audio.length / SIZE) }, (_, i) => audio.subarray(i * SIZE, (i + 1) * SIZE));
  const loud = QUIET * Math.max(0, ...frames.map(rms));
  const heard = frames.filter((frame) => rms(frame) >= loud).map((frame) => hearPitch(frame, rate, tuner));
  const pitches = heard.filter(Boolean).map(({ hz }) => hzToMidi(hz)).sort((a, b) => a - b);
  return pitches.length < LEAST ? null : pitches[Math.floor(pitches.length / 2)];
}
