/** A MIDI keyboard, where the browser has Web MIDI: notes, velocities and the sustain pedal. */
const [NOTE_OFF, NOTE_ON, CONTROL] = [0x8, 0x9, 0xb];
const SUSTAIN = 64;

/** One message to `player`; messages of every other kind are left alone. */
export function hearMessage({ data: [status, number, value], timeStamp }, player) {
  const kind = status >> 4;
  if (kind === NOTE_ON && value > 0) player.noteOn(number, value, timeStamp);
  else if (kind === NOTE_OFF || kind === NOTE_ON) player.noteOff(number);
  else if (kind === CONTROL && number === SUSTAIN) player.pedal(value >= 64);
}

export const hasMidi = () => typeof navigator.requestMIDIAccess === "function";

/** Whether MIDI was allowed before, so that it can be had without a question. */
export async function isAllowed() {
  const state = await navigator.permissions?.query({ name: "midi" }).catch(() => null);
  return state?.state === "granted";
}

/** Listens to all MIDI keyboards there are and those that are plugged in later; `tell` gets their names. */
export async function connect(player, tell) {
  const access = await navigator.requestMIDIAccess().catch(() => {
    throw new Error("MIDI was not allowed; allow it beside the page's address, then press the button again.");
  });
  const listen = () => {
    const inputs = [...access.inputs.values()];
    for (const input of inputs) input.onmidimessage = (message) => hearMessage(message, player);
    tell(inputs.map(({ name }) => name ?? "a MIDI keyboard"));
  };
  access.onstatechange = listen;
  listen();
}
