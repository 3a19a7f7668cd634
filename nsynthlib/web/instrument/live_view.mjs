/** What sounds, as it sounds: its waveform and its spectrogram, which stand still where nothing is played. */
import { makePicture } from "../dsp/live.mjs";
import { makeRecent } from "../dsp/recent.mjs";
import { make } from "../page/dom.mjs";
import { fitToScreen } from "../page/fitting.mjs";
import { makeTap } from "../page/listener.mjs";
import { makeRolling } from "../page/rolling.mjs";

const SECONDS = 4; // that the spectrogram shows
const WAVE_SECONDS = 0.02; // that the waveform shows
const RELEASE = 1; // second, in which a note dies away
const QUIETEST = 0.05; // amplitude that fills the waveform; what is softer stays smaller
const UNMIXED = 4; // a single voice is seen as loud as its note is, not as it is mixed
const LOOK = { n_fft: 4096, hop_length: 1024, window: "hann", n_mels: 128 };
const MOST_COLUMNS = 16; // at a time

/** The waveform of the newer half of `samples`, from a rising zero on, so that it stands. */
function drawWave(canvas, samples) {
  const { width, height } = canvas;
  const count = samples.length / 2;
  let first = count;
  while (first > 1 && !(samples[first - 1] < 0 && samples[first] >= 0)) first--;
  const peak = samples.reduce((most, value) => Math.max(most, Math.abs(value)), QUIETEST);
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, width, height);
  pen.strokeStyle = getComputedStyle(canvas).color;
  pen.lineWidth = Math.max(1.5, height / 60);
  pen.lineJoin = "round";
  pen.beginPath();
  for (let n = 0; n < count; n++) {
    pen.lineTo((n * width) / (count - 1), height * (0.5 - (0.45 * samples[first + n]) / peak));
  }
  pen.stroke();
}

/** What of a context's `output` is listened to, block by block, between `start()` and `stop()`. */
function makeEar(context, output, onBlock) {
  const loud = new GainNode(context, { gain: UNMIXED });
  output.connect(loud);
  const tap = makeTap(context, onBlock);
  return {
    start: () => tap.then((node) => loud.connect(node)),
    stop: () => loud.disconnect(),
    tap,
  };
}

/** The pictures at the end of `el`, of what `instrument` plays, in the `colours` of `palette`. */
export function makeLiveView(el, instrument, colours) {
  const { context, output } = instrument;
  const rate = context.sampleRate;
  const panel = make(el, "div", "nn-live-view");
  const about = (what) => ({ role: "img", "aria-label": what });
  const wave = make(panel, "canvas", "nn-wave", about("Waveform of what sounds now"));
  const canvas = make(panel, "canvas", "nn-rolling", about(`Spectrogram of the last ${SECONDS} seconds, low pitches at the bottom`));
  const recent = makeRecent(SECONDS * rate + 2 * LOOK.n_fft);
  const ear = makeEar(context, output, recent.push);
  ear.tap.catch(() => (panel.hidden = true)); // a page that was not opened over HTTPS
  const picture = makePicture(recent, LOOK, rate, SECONDS);
  const roll = makeRolling(canvas, colours);
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let [down, until, running] = [0, 0, false]; // keys; the context's time up to which there is something to see

  function paint(added) {
    const wanted = 2 * Math.round(WAVE_SECONDS * rate);
    if (fitToScreen(wave)) drawWave(wave, recent.read(recent.count() - wanted, wanted));
    if (fitToScreen(canvas) && added > 0) roll(picture.figure, added);
  }

  /** Goes on for as long as something moves; where motion is not wanted, there is one picture at the end. */
  function tick() {
    const added = picture.advance(MOST_COLUMNS);
    running = context.currentTime < until;
    if (!running || !still.matches) paint(still.matches ? picture.figure.cols : added);
    panel.dataset.state = running ? "live" : "still";
    if (running) requestAnimationFrame(tick);
    else ear.stop();
  }

  function wake(seconds) {
    until = context.currentTime + seconds;
    if (running) return;
    running = true;
    ear.start();
    requestAnimationFrame(tick);
  }

  instrument.on("noteon", () => {
    down++;
    wake(Infinity);
  });
  instrument.on("noteoff", () => {
    down = Math.max(0, down - 1);
    if (down === 0) wake(still.matches ? RELEASE : SECONDS + RELEASE);
  });
  new ResizeObserver(() => running || paint(0)).observe(panel);
}
