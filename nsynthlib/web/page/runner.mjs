/** What happens while the controls of an explorer move: its pictures and its sounds follow. */
import { tendControls } from "./controls.mjs";
import { describeLevels, inControlsWords } from "./format.mjs";
import { addHelp } from "./help.mjs";
import { readSettings } from "./settings.mjs";
import { changeSound } from "./sounding.mjs";

/** Gives a player a new file; a reader who was listening hears the new sound from the same moment. */
function load(audio, wav) {
  URL.revokeObjectURL(audio.src);
  changeSound(audio, URL.createObjectURL(new Blob([wav], { type: "audio/wav" })));
}

/**
 * Computes and shows, always the newest settings, the pictures before the sounds.
 *
 * @param parts what a view is built of
 * @param kind the explorer's, of which `describe` and `idle` are used here
 * @param backendOf what gives the backend's `ask`, told what to do when the kernel is busy, gone or back
 */
export function makeRunner(model, el, parts, { describe, idle = () => [] }, backendOf) {
  let wanted = 0;
  let running = false;
  let own = null;
  let owned = 0; // how often that has changed
  let compared = null; // the own sound that the comparison shows
  let sound = new AbortController();

  const state = (name, text) => {
    el.dataset.state = name;
    if (text !== undefined) parts.status.textContent = text;
    if (name === "error") addHelp(parts.status, text);
  };
  const tend = () => tendControls(el, idle(readSettings(model)), own !== null);
  const ask = backendOf({
    wait: (words) => state("waiting", words),
    gone: (words) => state("error", words),
    back: () => run(),
  });

  /** Brings one player up to date; says whether it is. */
  async function fill(player, settings) {
    const key = JSON.stringify(player.needs(settings));
    if (player.key === key && player.own === own) return true;
    const given = own;
    sound = new AbortController();
    parts.progress.removeAttribute("value"); // until something is known
    const onProgress = (part) => (parts.progress.value = part);
    const answer = await ask(player.want, settings, { own, signal: sound.signal, onProgress });
    if (!answer) return false;
    load(player.audio, answer.wav);
    Object.assign(player, { key, own: given, levels: answer });
    return true;
  }

  /** Shows a reader's own sound beside the figure, where there is a place for it. */
  async function compare() {
    const { comparison } = parts;
    if (!comparison || !own || compared === own) return;
    compared = own;
    comparison.show(await ask("comparison", {}, { own }), {}, comparison.name);
  }

  async function turn(number, settings) {
    const started = performance.now();
    state("figure");
    await compare();
    const samples = own?.length ?? model.get("note").byteLength / 2;
    const figure = await ask("figure", settings, { own });
    const words = describe(settings, figure, model.get("sample_rate"), samples, own !== null);
    for (const panel of parts.panels) panel.show(figure, settings, words);
    el.dataset.figureMs = (performance.now() - started).toFixed(1);
    if (number !== wanted) return;
    state("sound", el.dataset.state === "waiting" ? words : undefined);
    for (const { place, shown } of parts.players) place.hidden = !shown(settings, own !== null);
    const players = parts.players.filter(({ place }) => !place.hidden);
    for (const player of players) {
      if (!(await fill(player, settings)) || number !== wanted) return;
    }
    const levels = players.map((player) => `${player.label}: ${describeLevels(player.levels)}.`);
    state("ready", [words, ...levels].join(" "));
  }

  async function run() {
    wanted++;
    sound.abort();
    if (running) return;
    running = true;
    for (let number = 0; number !== wanted; ) {
      await null; // several settings may change in one go
      number = wanted;
      tend();
      await turn(number, readSettings(model)).catch((error) => {
        if (number === wanted) state("error", inControlsWords(error.message));
      });
      el.dataset.turn = String(number);
    }
    running = false;
    tend();
  }

  /** What piano keys play: a sound of these settings at other pitches. */
  const keys = {
    ask: (want, pitch, signal) => ask(want, { ...readSettings(model), pitch }, { own, signal }),
    stateOf: () => JSON.stringify([{ ...readSettings(model), pitch: null }, owned]),
    releaseOf: () => model.get("release"),
  };

  /** Takes a reader's own sound, or `null` for the example, and shows what belongs to it. */
  function use(samples) {
    own = samples;
    owned++;
    if (parts.comparison) parts.comparison.place.hidden = !own;
    return run();
  }

  return { run, use, tend, keys, stop: () => sound.abort() };
}
