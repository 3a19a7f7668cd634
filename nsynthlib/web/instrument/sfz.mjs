/** The keyboard's notes as an SFZ instrument (https://sfzformat.com) with its samples, in one zip. */
import { downloadZip } from "client-zip";
import constants from "../../constants.json" with { type: "json" };
import { noteName } from "../dsp/pitch.mjs";
import { hold } from "../dsp/sustain.mjs";
import { encodeWav } from "../dsp/wav.mjs";

const { sample_rate: RATE, playing: { flat_from_seconds: FLAT, release_points: POINTS, release_seconds: RELEASE } } = constants;
const QUIET_DB = 100; // that an SFZ envelope falls by in the time that is given for it

/** "C#4": a name that every file system takes. */
const fileOf = (midi) => `samples/${noteName(midi).replace("♯", "#")}.wav`;

/** Seconds in which a release falls by 60 dB. */
function releaseSeconds(release) {
  const at = release.findIndex((gain) => gain < 1e-3);
  return ((at < 0 ? POINTS : at) / (POINTS - 1)) * RELEASE;
}

/** What an SFZ player needs to know to hold a note as the page does; an end of a loop is its last sample. */
function heldOpcodes({ loopStart, loopEnd, decayDb }) {
  if (loopStart === null) return "loop_mode=no_loop";
  const loop = `loop_mode=loop_continuous loop_start=${loopStart} loop_end=${loopEnd - 1}`;
  return decayDb ? `${loop} ampeg_hold=${FLAT} ampeg_decay=${(QUIET_DB / -decayDb).toFixed(3)} ampeg_sustain=0` : loop;
}

function region(midi, low, high, held) {
  const keys = `sample=${fileOf(midi)} pitch_keycenter=${midi} lokey=${low} hikey=${high}`;
  return `<region> ${keys}\n  ${heldOpcodes(held)} ampeg_release=${releaseSeconds(held.release).toFixed(3)}`;
}

/**
 * The zip, a Blob, of `[{ midi, note }]`, the lowest first, each note 64000 samples of the model; the outermost notes serve
 * the keys beyond them. `name` is the instrument's, `about` a line of words.
 */
export async function makeSfz(name, about, notes) {
  const held = notes.map(({ note }) => hold(note));
  const regions = notes.map(({ midi }, i) => {
    const [low, high] = [i === 0 ? 0 : midi, i === notes.length - 1 ? 127 : midi];
    return region(midi, low, high, held[i]);
  });
  const text = [`// ${about}`, "<global> amp_veltrack=100", ...regions, ""].join("\n");
  const files = notes.map(({ midi }, i) => ({ name: fileOf(midi), input: encodeWav(held[i].samples, RATE) }));
  return downloadZip([{ name: `${name}.sfz`, input: text }, ...files]).blob();
}
