/** A phrase as a standard MIDI file of one track. */
import { writeMidi } from "midi-file";
import constants from "../../constants.json" with { type: "json" };

const BEAT_MS = 500; // 120 beats a minute; a tick is a millisecond

/** Bytes of the file (Uint8Array) of a phrase, see `page/phrase.mjs`, that is played by a family. */
export function toMidiFile({ seconds, notes }, family) {
  const ms = (value) => Math.round(1000 * value);
  const moments = notes.flatMap(({ midi: noteNumber, velocity, start, end }) => [
    { at: ms(start), event: { type: "noteOn", channel: 0, noteNumber, velocity } },
    { at: ms(end), event: { type: "noteOff", channel: 0, noteNumber, velocity: 0 } },
  ]);
  const isOn = ({ event }) => Number(event.type === "noteOn");
  moments.sort((a, b) => a.at - b.at || isOn(a) - isOn(b));
  const track = [
    { deltaTime: 0, meta: true, type: "setTempo", microsecondsPerBeat: 1000 * BEAT_MS },
    { deltaTime: 0, type: "programChange", channel: 0, programNumber: constants.midi_programs[family] },
  ];
  let last = 0;
  for (const { at, event } of moments) {
    track.push({ deltaTime: at - last, ...event });
    last = at;
  }
  track.push({ deltaTime: Math.max(0, ms(seconds) - last), meta: true, type: "endOfTrack" });
  return Uint8Array.from(writeMidi({ header: { format: 0, numTracks: 1, ticksPerBeat: BEAT_MS }, tracks: [track] }));
}
