/** The keyboard's notes as an SFZ instrument (https://sfzformat.com) with its samples, in one zip. */
import { downloadZip } from "client-zip";
import constants from "../../constants.json" with { type: "json" };
import { noteName } from "../dsp/pitch.mjs";
import { hold } from "../dsp/sustain.mjs";
import { encodeWav } from "../dsp/wav.mjs";

const { sample_rate: RATE, playing: NUMBERS } = constants;
const { sfz_fall_db: FALL_DB, sfz_longest_decay_seconds: LONGEST, sfz_release_db: RELEASE_DB } = NUMBERS;

/** "C#4": a name that every file system takes. */
const fileOf = (midi) => `samples/${noteName(midi).replace("♯", "#")}.wav`;

/** The time of a release that falls by `RELEASE_DB` when the note's own does, as in `nsynthlib/playing/sfz.py`. */
function releaseSeconds(release) {
  const reached = release.findIndex((gain) => gain <= 10 ** (-RELEASE_DB / 20)) / (release.length - 1);
  return (reached * NUMBERS.release_seconds * FALL_DB) / RELEASE_DB;
}

/** What an SFZ player needs to know to hold a note as the page does; an end of a loop is its last sample. */
function heldOpcodes({ loopStart, loopEnd, decayDb }) {
  if (loopStart === null) return "loop_mode=no_loop";
  const loop = `loop_mode=loop_continuous loop_start=${loopStart} loop_end=${loopEnd - 1}`;
  const decay = decayDb ? FALL_DB / -decayDb : Infinity;
  if (decay >= 2 * LONGEST) return loop; // nearer to none
  const seconds = Math.min(decay, LONGEST).toFixed(3);
  return `${loop} ampeg_hold=${NUMBERS.flat_from_seconds} ampeg_decay=${seconds} ampeg_sustain=0`;
}

function region(midi, low, high, held) {
  const keys = `sample=${fileOf(midi)} pitch_keycenter=${midi} lokey=${low} hikey=${high}`;
  return `<region> ${keys}\n  ${heldOpcodes(held)} ampeg_release=${releaseSeconds(held.release).toFixed(3)}`;
}

/**
 * The zip, a Blob, of `[{ midi, note }]`, the lowest first, each note as the model made it; the outermost notes serve
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
