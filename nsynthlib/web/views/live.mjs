/** The live explorer: a spectrogram and a pitch while the sound goes on, to be frozen and read. A page is all it needs. */
import constants from "../../constants.json" with { type: "json" };
import { makePicture, spectrumOf } from "../dsp/live.mjs";
import { hzToMidi, namePitch } from "../dsp/pitch.mjs";
import { makeRecent } from "../dsp/recent.mjs";
import { hearPitch, makeTuner } from "../dsp/tuner.mjs";
import { encodeWav } from "../dsp/wav.mjs";
import { keepKeys, tendControls } from "../page/controls.mjs";
import { make } from "../page/dom.mjs";
import { capital, fixed, grouped } from "../page/format.mjs";
import { makeFrozen } from "../page/frozen.mjs";
import { listen } from "../page/listener.mjs";
import { median } from "../page/median.mjs";
import { readSettings } from "../page/settings.mjs";
import { makeSources } from "../page/sources.mjs";
import { linearAxis, melAxis, spectrogram } from "../page/spectrogram.mjs";
import { makeDial, pitchInWords } from "../page/tuner.mjs";

const { longest_seconds: SECONDS } = constants.own_sound; // that the picture shows
const LONGEST_FFT = Math.max(...constants.choices.n_fft);
const TUNER_SECONDS = 0.256; // of a frame: seven periods of a piano's lowest A
const TUNER_EVERY = 60; // ms
const MOST_COLUMNS = 32; // at a time: a slow machine lags behind a little rather than stop
const SMOOTHED = 5; // pitches, of which the dial shows the median

/** Mel bands where there are any, bins otherwise. */
const axisOf = ({ corners }) => (corners ? melAxis : linearAxis);
const liveAxis = {
  title: "Frequency (Hz)",
  ticks: () => constants.mel_ticks_hz.map((hz) => [hz, String(hz)]),
  position: (hz, figure, rate) => axisOf(figure).position(hz, figure, rate),
};

function describeSettings({ n_fft: size, hop_length: hop, window, n_mels: bands }, rate) {
  const ms = (samples) => `${grouped(samples)} samples (${fixed((1000 * samples) / rate)} ms)`;
  const rows = bands ? `${bands} mel bands` : `${grouped(size / 2 + 1)} frequencies`;
  return `${capital(window)} window of ${ms(size)}, hop of ${ms(hop)}, ${rows}.`;
}

const nameOf = (hz) => namePitch(hzToMidi(hz));

/** What is listened to, at `rate`: its last seconds, and the pitch at any sample of them. */
function makeSession(rate) {
  const recent = makeRecent(Math.ceil(SECONDS * rate) + 2 * LONGEST_FFT);
  const size = 2 ** Math.round(Math.log2(TUNER_SECONDS * rate));
  const tuner = makeTuner(size);
  const pitchEndingAt = (sample) => hearPitch(recent.read(sample - size, size), rate, tuner)?.hz ?? null;
  return { rate, recent, pitchAt: (sample) => pitchEndingAt(sample + size / 2), pitchNow: () => pitchEndingAt(recent.count()) };
}

/** The median of the last pitches; a frame without one forgets them. */
function makeSmoother() {
  let last = [];
  return (hz) => {
    last = hz === null ? [] : [...last, hz].slice(-SMOOTHED);
    return last.length ? median(last) : null;
  };
}

/** Tells in `el`'s data, once a second, how many pictures were drawn and how long one took (the median). */
function makeMeter(el) {
  let [since, busy] = [0, []];
  return (now, took) => {
    since ||= now;
    busy.push(took);
    if (now - since < 1000) return;
    const fps = (1000 * busy.length) / (now - since);
    Object.assign(el.dataset, { fps: fps.toFixed(1), frameMs: median(busy).toFixed(2) });
    [since, busy] = [now, []];
  };
}

function render({ model, el }) {
  el.classList.add("nn-view", "nn-live");
  keepKeys(el);
  const rate = model.get("sample_rate");
  const sources = makeSources(el, model.get("examples"), { listen: begin, freeze });
  const dial = makeDial(el);
  const panel = spectrogram(liveAxis)(make(el, "div", "nn-panel"), model);
  const frozen = makeFrozen(el, panel, SECONDS, read);
  const status = make(el, "p", "nn-status", { role: "status", "aria-live": "polite" });
  let session = makeSession(rate);
  let picture = null;
  let source = null; // what is listened to just now: { name, stop }
  let heard = "Nothing is listened to yet.";
  let begun = 0; // how often a button was pressed, so that a source that comes late can be sent away

  const settings = () => readSettings(model);

  function say(state, words) {
    el.dataset.state = state;
    heard = words;
    status.textContent = state === "error" ? words : `${words} ${describeSettings(settings(), session.rate)}`;
    sources.show(state === "live" ? source.name : null);
  }

  /** The picture anew, by the settings of now. */
  function draw() {
    picture = makePicture(session.recent, settings(), session.rate, SECONDS);
    picture.advance();
    panel.show(picture.figure, settings(), heard);
  }

  function read(moment) {
    const sample = picture.sampleAt(moment);
    const { analysis, figure } = picture;
    const levels = spectrumOf(session.recent.read(sample - analysis.nFft / 2, analysis.nFft), analysis);
    const hz = session.pitchAt(sample);
    const pitch = hz && nameOf(hz);
    const words = `At ${fixed(moment, 2)} s: ${pitch ? pitchInWords(pitch) : "no pitch is heard"}.`;
    return { levels, rate: figure.rate, pitch, words };
  }

  function animate() {
    const [smooth, count, mine] = [makeSmoother(), makeMeter(el), source];
    let tuned = 0;
    const tick = (now) => {
      if (source !== mine) return;
      const started = performance.now();
      const added = picture.advance(MOST_COLUMNS);
      if (added) panel.roll(added);
      if (now - tuned >= TUNER_EVERY) {
        const hz = smooth(session.pitchNow());
        dial.show(hz && nameOf(hz));
        tuned = now;
      }
      count(now, performance.now() - started);
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  function end() {
    source?.stop();
    source = null;
    dial.show(null);
  }

  async function begin(name, address) {
    end();
    const mine = ++begun;
    frozen.hide();
    say("waiting", address ? `Loading ${name} …` : "Waiting for the microphone …");
    let fresh = null; // blocks may come before the rate is known
    const early = [];
    const onBlock = (block) => (fresh ? fresh.recent.push(block) : early.push(block));
    try {
      const { rate: own, stop } = await listen(rate, address, onBlock, freeze);
      if (mine !== begun) return void stop();
      session = fresh = makeSession(own);
      early.forEach(fresh.recent.push);
      source = { name, stop };
      say("live", `Listening to ${name}.`);
      draw();
      animate();
    } catch (error) {
      if (mine === begun) say("error", error.message);
    }
  }

  function freeze() {
    if (!source) return;
    const words = `Frozen: the last ${SECONDS} s of ${source.name}. Move the controls, or choose a moment.`;
    end();
    say("frozen", words);
    draw();
    const { recent, rate: own } = session;
    const samples = SECONDS * own;
    frozen.show(encodeWav(recent.read(recent.count() - samples, samples), own));
  }

  function changed() {
    draw();
    if (el.dataset.state !== "error") say(el.dataset.state, heard);
    if (el.dataset.state === "frozen") frozen.update();
  }

  const events = model.get("settings").map((name) => `change:${name}`);
  for (const event of events) model.on(event, changed);
  const resized = new ResizeObserver(() => {
    tendControls(el, [], false);
    panel.repaint();
    frozen.repaint();
  });
  for (const { canvas } of [panel, frozen]) resized.observe(canvas);
  say("idle", heard);
  draw();
  return () => {
    begun++;
    end();
    for (const event of events) model.off(event, changed);
    resized.disconnect();
    frozen.close();
  };
}

export default { render };
