/** Whoever plays, by keys or MIDI, plays through here, so that a recorder can listen. */

/** `listen({ noteOn, noteOff })` adds one who hears of every note that is played; a pedal keeps notes from ending. */
export function makePlayer(instrument) {
  const listeners = [];
  const waiting = new Set(); // keys that were lifted while the pedal was down
  let isDown = false;
  const tell = (what, ...given) => listeners.forEach((listener) => listener[what](...given));

  function noteOn(midi, velocity = instrument.settings.velocity, at = performance.now()) {
    if (midi < 0 || midi > 127) return;
    if (waiting.delete(midi)) tell("noteOff", midi);
    instrument.noteOn(midi, velocity, at);
    tell("noteOn", midi, velocity);
  }

  function noteOff(midi) {
    instrument.noteOff(midi);
    if (isDown) waiting.add(midi);
    else tell("noteOff", midi);
  }

  function pedal(down) {
    isDown = down;
    instrument.pedal(down);
    if (down) return;
    for (const midi of waiting) tell("noteOff", midi);
    waiting.clear();
  }

  return { noteOn, noteOff, pedal, listen: (listener) => listeners.push(listener) };
}
