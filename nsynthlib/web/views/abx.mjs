/** A blind listening test of two sounds: is the unknown one, X, the first or the second? A page is all it needs. */
import { keepKeys } from "../page/controls.mjs";
import { make, makeButton } from "../page/dom.mjs";
import { fixed } from "../page/format.mjs";
import { readSamples } from "../page/samples.mjs";
import { csv, saveFile } from "../page/saving.mjs";
import { isShortcut } from "../page/shortcuts.mjs";

const SIGNIFICANT = 0.05;
const CROSSFADE = 0.005; // seconds; a switch must not click
const KEYS =
  "Keys while a button here has the focus: A, B and X to hear, S to stop, 1 for “X is A”, 2 for “X is B”.";

/** Probability of at least `correct` right answers of `trials` by mere guessing (one-sided binomial test). */
export function pValue(correct, trials) {
  let nats = -trials * Math.LN2; // logarithm of the probability of one number of right answers, from all downwards
  let sum = 0;
  for (let right = trials; right >= correct; right--) {
    sum += Math.exp(nats);
    nats += Math.log(right / (trials - right + 1));
  }
  return Math.min(1, sum);
}

/** The result in words. */
export function verdict(correct, trials) {
  const p = pValue(correct, trials);
  const chance = p < 0.001 ? "p < 0.001" : `p = ${fixed(p, 3)}`;
  const found = p < SIGNIFICANT ? "You can hear it" : "No evidence that you can hear it";
  return `${found}: ${correct} of ${trials} right. By guessing, as many or more come with ${chance}.`;
}

/**
 * The answers as a table in CSV, a line each: both sounds' names, the trial's number, what X was, what was answered,
 * whether that was right (1 or 0), how often each button was pressed to hear it, and the seconds it took.
 */
export function answersTable([first, second], answers) {
  const head = ["a", "b", "trial", "x", "answer", "right", "heard_a", "heard_b", "heard_x", "seconds"];
  const rows = answers.map(({ x, answer, heard, seconds }, i) => [
    first, second, i + 1, "AB"[x], "AB"[answer], Number(x === answer), heard.A, heard.B, heard.X, seconds.toFixed(1),
  ]);
  return csv([head, ...rows]);
}

/** 16-bit samples as a buffer to play. */
function toBuffer(context, bytes, rate) {
  const samples = readSamples(bytes);
  const buffer = context.createBuffer(1, samples.length, rate);
  buffer.copyToChannel(Float32Array.from(samples, (value) => value / 32768), 0);
  return buffer;
}

/** Both sounds, over and over at the same time, of which one is heard. */
class Deck {
  constructor(sounds, rate) {
    this.sounds = sounds;
    this.rate = rate;
    this.sources = [];
  }

  /** Hear sound `which`, 0 or 1: from where the other was, or from the start where nothing was playing. */
  play(which, fromStart) {
    this.context ??= new AudioContext();
    this.context.resume();
    if (fromStart) this.stop();
    if (!this.sources.length) this.start();
    const now = this.context.currentTime;
    this.sources.forEach(({ gain }, i) => {
      gain.gain.cancelScheduledValues(now);
      gain.gain.setValueAtTime(gain.gain.value, now);
      gain.gain.linearRampToValueAtTime(i === which ? 1 : 0, now + CROSSFADE);
    });
  }

  start() {
    this.buffers ??= this.sounds.map((bytes) => toBuffer(this.context, bytes, this.rate));
    this.sources = this.buffers.map((buffer) => {
      const source = new AudioBufferSourceNode(this.context, { buffer, loop: true });
      const gain = new GainNode(this.context, { gain: 0 });
      source.connect(gain).connect(this.context.destination);
      return { source, gain };
    });
    const soon = this.context.currentTime + 0.01;
    for (const { source } of this.sources) source.start(soon);
  }

  stop() {
    for (const { source, gain } of this.sources) {
      source.stop();
      gain.disconnect();
    }
    this.sources = [];
  }

  close() {
    this.stop();
    this.context?.close();
  }
}

/** 0 or 1 by chance. */
const chance = () => crypto.getRandomValues(new Uint8Array(1))[0] & 1;

/** The parts of the test. `on` has what each button does. */
function build(el, labels, trials, on) {
  const [first, second] = labels;
  const intro = make(el, "p", "nn-abx-intro", {}, "");
  intro.textContent = `A is ${first}. B is ${second}. X is one of them, chosen by chance each time: which?`;
  const listen = make(el, "div", "nn-abx-row", { role: "group", "aria-label": "Listen" });
  const hear = Object.fromEntries(["A", "B", "X"].map((name) => {
    const button = makeButton(listen, `Hear ${name}`, () => on.hear(name));
    button.setAttribute("aria-pressed", "false");
    return [name, button];
  }));
  makeButton(listen, "Stop", on.stop);
  const answer = make(el, "div", "nn-abx-row", { role: "group", "aria-label": "Answer" });
  const answers = ["A", "B"].map((name, i) => makeButton(answer, `X is ${name}`, () => on.answer(i)));
  const setting = make(el, "div", "nn-abx-row");
  const label = make(setting, "label", "nn-abx-label", {}, "Trials ");
  const limits = { type: "number", min: "1", value: String(trials) };
  const count = make(label, "input", "nn-abx-count", limits);
  const again = makeButton(setting, "Start again", on.again);
  const save = makeButton(setting, "Save answers (CSV)", on.save);
  make(el, "p", "nn-abx-keys", {}, KEYS);
  const status = make(el, "p", "nn-status", { role: "status", "aria-live": "polite" });
  return { hear, answers, count, again, save, status };
}

function render({ model, el }) {
  el.classList.add("nn-abx");
  el.setAttribute("role", "group");
  el.setAttribute("aria-label", "Blind listening test");
  keepKeys(el);
  const labels = model.get("labels");
  const deck = new Deck([model.get("first"), model.get("second")], model.get("sample_rate"));
  const parts = build(el, labels, model.get("trials"), { hear, stop, answer, again, save });
  let [trials, x, heard, answers, presses, began] = [0, 0, null, [], {}, 0];
  const right = () => answers.filter((one) => one.x === one.answer).length;

  /** The next trial, with another X. */
  function toss() {
    [x, presses, began] = [chance(), { A: 0, B: 0, X: 0 }, performance.now()];
  }

  function say(text) {
    parts.status.textContent = text;
    const over = answers.length === trials;
    el.dataset.done = String(answers.length);
    for (const button of parts.answers) button.disabled = over;
    parts.count.disabled = answers.length > 0 && !over;
    parts.save.disabled = !over; // before, they would tell
    for (const name of ["A", "B", "X"]) parts.hear[name].setAttribute("aria-pressed", String(name === heard));
  }

  const where = () => `Trial ${answers.length + 1} of ${trials}.`;

  /** Heard already: from the start. */
  function hear(name) {
    const fromStart = name === heard;
    heard = name;
    presses[name]++;
    deck.play({ A: 0, B: 1, X: x }[name], fromStart);
    say(answers.length === trials ? parts.status.textContent : where());
  }

  function stop() {
    deck.stop();
    heard = null;
    say(parts.status.textContent);
  }

  function answer(which) {
    if (answers.length === trials) return;
    answers.push({ x, answer: which, heard: presses, seconds: (performance.now() - began) / 1000 });
    stop();
    if (answers.length === trials) {
      say(verdict(right(), trials));
      parts.again.focus();
      return;
    }
    toss();
    say(`Noted. ${where()}`);
  }

  function again() {
    trials = Math.max(1, Math.round(parts.count.valueAsNumber) || model.get("trials"));
    parts.count.value = String(trials);
    answers = [];
    toss();
    stop();
    say(`${model.get("matching")} ${where()}`);
  }

  function save() {
    saveFile("abx_answers.csv", answersTable(labels, answers), "text/csv");
  }

  const listening = { a: () => hear("A"), b: () => hear("B"), x: () => hear("X"), s: stop };
  const keys = { ...listening, 1: () => answer(0), 2: () => answer(1) };
  el.addEventListener("keydown", (event) => {
    const does = keys[event.key.toLowerCase()];
    if (!does || event.target === parts.count || isShortcut(event)) return;
    event.preventDefault();
    event.stopPropagation();
    does();
  });
  parts.count.addEventListener("change", again);
  again();
  return () => deck.close();
}

export default { render };
