/** The explorers of composers: the answers of `nsynthlib/widgets/composers.py` and `composer_pieces.py`. */
import { canon } from "../dsp/composers/canon.mjs";
import { cage, xenakis } from "../dsp/composers/chance.mjs";
import { RULES, brokenRules, counterpoint, selectLine } from "../dsp/composers/counterpoint.mjs";
import { dice, throwDice } from "../dsp/composers/dice.mjs";
import { derive, grammar } from "../dsp/composers/grammar.mjs";
import { isorhythm, period, turns } from "../dsp/composers/isorhythm.mjs";
import { markov, walk } from "../dsp/composers/markov.mjs";
import { reassemble, recombination } from "../dsp/composers/recombination.mjs";
import { LONGEST, SCORES, readScore, readTune } from "../dsp/composers/scores.mjs";
import { matrix, twelveTone } from "../dsp/composers/twelve_tone.mjs";
import { instrument } from "./instrument.mjs";
import { readManifest } from "./manifest.mjs";
import { toMidiFile } from "./midi_file.mjs";

const VELOCITY = 100; // of which the model makes notes
const { tempos: TEMPOS, markov_notes: SOUNDS, recombination_bars: BARS, cloud_layers: LAYERS } = SCORES.explorers;
const { vitry: VITRY, drift: DRIFT } = SCORES.isorhythm;
const TALEAS = { vitry: VITRY.talea, vitry_second: VITRY.second_talea, drift: DRIFT.talea };

const sum = (values) => values.reduce((total, value) => total + value, 0);

/** A piece as a view shows it; `voices` are `[family, name]` that tell voices apart, where there are several. */
function toFigure(notes, told = {}, voices = [[notes[0]?.family, ""]]) {
  if (!notes.length) throw new Error("this piece is silence from beginning to end; take another seed");
  const families = voices.map(([family]) => family);
  return {
    seconds: notes.reduce((latest, { end }) => Math.max(latest, end), 0),
    voices: voices.map(([, name]) => name),
    ...told,
    notes: notes.map(({ start, end, pitch, velocity, family }) => [start, end, pitch, velocity, families.indexOf(family)]),
  };
}

/** What each method makes of its settings. */
const COMPOSE = {
  isorhythm(settings) {
    const talea = TALEAS[settings.talea].slice(0, settings.talea_values);
    const whole = SCORES.isorhythm[settings.color].color.slice(0, settings.color_pitches);
    const phase = settings.phase % whole.length;
    const color = [...whole.slice(phase), ...whole.slice(0, phase)];
    const inTime = Math.floor((LONGEST * TEMPOS.isorhythm) / 60 / sum(talea.map(Math.abs)));
    const notes = Math.min(period(talea, color), inTime * talea.filter((beats) => beats > 0).length);
    const beat = 60 / TEMPOS.isorhythm;
    const places = turns(talea, color, notes).map(({ taleaPlace, colorPlace, start }) => [taleaPlace, colorPlace, start * beat]);
    const wheels = { talea, color, turns: places, period: period(talea, color) };
    return toFigure(isorhythm(talea, color, { notes, tempo: TEMPOS.isorhythm }), { wheels });
  },
  canon({ tune, voices, delay, interval }) {
    const beats = sum(readTune(tune).map((chord) => chord.beats)) + (voices - 1) * delay;
    const tempo = Math.max(TEMPOS.canon, (60 * beats) / LONGEST);
    const named = SCORES.canon_families.slice(0, voices).map((family, i) => [family, `Voice ${i + 1}`]);
    return toFigure(canon(tune, { voices, delay, interval, tempo }), {}, named);
  },
  dice({ seed }) {
    const measure = (3 * 60) / TEMPOS.dice; // seconds
    const throws = throwDice(seed).map((thrown, place) => [...thrown, place * measure]);
    return toFigure(dice(seed, { tempo: TEMPOS.dice }), { throws });
  },
  twelve_tone({ row: name, form, transposed }) {
    const row = SCORES.rows[name];
    return toFigure(twelveTone(row, [[form, transposed]], { tempo: TEMPOS.twelve_tone }), { matrix: matrix(row) });
  },
  chance({ composer, events, density, seed }) {
    if (composer === "cage") return toFigure(cage(events, seed));
    const named = SCORES.xenakis.families.map((family, i) => [family, LAYERS[i]]);
    return toFigure(xenakis(density, 8, 1.5, seed), {}, named);
  },
  markov({ tune, order, seed }) {
    const { choices } = walk(readTune(tune), order, SOUNDS, seed);
    return toFigure(markov(tune, order, seed, { notes: SOUNDS }), { choices });
  },
  counterpoint({ seed, ...settings }) {
    const names = Object.keys(RULES).filter((name) => settings[name.replaceAll(" ", "_")]);
    const { pitches, ...told } = selectLine(names, seed);
    const broken = brokenRules(pitches);
    const played = counterpoint(pitches);
    const upper = [...played.keys()].filter((i) => played[i].family === "flute");
    const marked = [...new Set(broken.map(([, place]) => upper[place]))].sort((a, b) => a - b);
    return toFigure(played, { marked, broken, ...told }, [["organ", "Cantus firmus"], ["flute", "Line"]]);
  },
  grammar({ start, seed }) {
    const { words, rewritings } = derive(start, seed);
    let beats = 0;
    const tree = rewritings.map(([name, depth, alternative]) => {
      const became = SCORES.grammar[name][alternative];
      const notes = became.filter((word) => !(word in SCORES.grammar));
      const begins = notes.length ? (beats * 60) / TEMPOS.grammar : null;
      beats += sum(notes.map((note) => Number(note.split(":")[1])));
      return [name, depth, became, begins];
    });
    return toFigure(grammar(words, { tempo: TEMPOS.grammar }), { tree });
  },
  recombination({ seed }) {
    const fragments = reassemble(BARS, seed);
    let beats = 0;
    const told = fragments.map(({ tune, bar }) => {
      const { title, bars } = SCORES.tunes[tune];
      const start = (beats * 60) / TEMPOS.recombination;
      beats += sum(readScore(bars[bar]).map((chord) => chord.beats));
      return [title, bar + 1, start];
    });
    return toFigure(recombination(fragments, { tempo: TEMPOS.recombination }), { fragments: told });
  },
};

/** A note of the middle of a family's instruments, as it is played. */
async function held({ settings: { pitch, family } }, onStep) {
  const { families, models } = await readManifest();
  const { middle } = models.cvae.pads[families.indexOf(family)];
  const told = { z: Float64Array.from(middle), pitch, family, velocity: VELOCITY, texture: 1 };
  return instrument.note({ settings: told }, onStep);
}

function toFile({ seconds, notes }, family) {
  const played = notes.map(([start, end, midi, velocity]) => ({ start, end, midi, velocity }));
  return toMidiFile({ seconds, notes: played }, family);
}

/** An answerer for each method. */
export const composers = Object.fromEntries(
  Object.entries(COMPOSE).map(([method, compose]) => [
    method,
    { figure: ({ settings }) => compose(settings), held, midi: ({ settings }) => ({ midi: toFile(compose(settings), settings.family) }) },
  ]),
);
