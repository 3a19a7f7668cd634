/** The looper's buttons: record, play, overdub, take back, clear. */
import { make, makeButton } from "../page/dom.mjs";
import { fixed } from "../page/format.mjs";
import { writePhrase } from "../page/phrase.mjs";
import { makeLoop } from "./loop.mjs";
import { readPhrase } from "./phrase_reader.mjs";

/** What the first two buttons say, and what is said, in each state. */
const WORDS = {
  empty: ["● Record", "Play", "Press Record and play; the first note begins it."],
  recording: ["■ Stop", "Play", "Recording …"],
  stopped: ["● Overdub", "Play", ""],
  playing: ["● Overdub", "■ Stop", ""],
  overdubbing: ["■ End this layer", "■ Stop", "Overdubbing …"],
};

/** The panel in `el`; returns `show()`, which takes over a phrase that the settings have got elsewhere. */
export function makeLoopPanel(el, instrument, player) {
  const { settings, context } = instrument;
  const row = make(el, "div", "nn-buttons", { role: "group", "aria-label": "Looper" });
  const play = (midi, velocity) => (velocity ? instrument.noteOn(midi, velocity) : instrument.noteOff(midi));
  const loop = makeLoop(() => context.currentTime, play, changed);
  player.listen(loop);
  const record = makeButton(row, "", loop.record);
  const go = makeButton(row, "", loop.go);
  const undo = makeButton(row, "Undo layer", loop.undo);
  const clear = makeButton(row, "Clear", loop.clear);
  const words = make(row, "span", "nn-loop-words", { role: "status" });
  let written = ""; // the phrase as it stands in the settings

  function tell() {
    const state = loop.state();
    const { seconds, notes } = loop.phrase();
    const [first, second, said] = WORDS[state];
    [record.textContent, go.textContent] = [first, second];
    row.dataset.state = state;
    go.disabled = state === "empty";
    undo.disabled = clear.disabled = state === "empty";
    const size = notes.length ? `${notes.length} ${notes.length === 1 ? "note" : "notes"}, ${fixed(seconds)} s.` : "";
    words.textContent = [said, size].filter(Boolean).join(" ");
  }

  function changed() {
    tell();
    written = writePhrase(loop.phrase());
    settings.phrase = written;
  }

  function show() {
    if (settings.phrase === written) return;
    written = settings.phrase;
    loop.load(readPhrase(settings.phrase));
  }

  tell();
  show();
  return { show, phrase: loop.phrase };
}
