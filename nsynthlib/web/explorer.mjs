/**
 * The picture and the sound below an explorer's controls.
 *
 * It shows and never computes: on a page of the book the page's engine does, in a notebook Python does. Both take the
 * same settings and give the same answers. This one file travels inside the notebook, so it imports nothing.
 */

/** How long Python may stay silent before the reader is told, in milliseconds. */
const PATIENCE = 5000;

const PHASES = {
  kept: "Phase kept.",
  pghi: "Phase thrown away, guessed in one pass (PGHI).",
  "griffin-lim": "Phase thrown away, found again by 32 steps of Griffin and Lim.",
};

// --- words -----------------------------------------------------------------------------------------------------------

/** A number with a real minus sign and a fixed number of decimals. */
const fixed = (value, digits = 1) => value.toFixed(digits).replace(/^-(0\.?0*)$/, "$1").replace("-", "\u2212");
const signed = (value, digits = 1) => (value > 0 ? "+" : "") + fixed(value, digits);
const grouped = (value) => value.toLocaleString("en-GB");
const capital = (text) => text[0].toUpperCase() + text.slice(1);
const hzOf = (pitch) => 440 * 2 ** ((pitch - 69) / 12);
const nameOf = (pitch) =>
  ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"][pitch % 12] + (Math.floor(pitch / 12) - 1);

/** "Sound: peak −12.3 dBFS, RMS −20.1 dBFS.", and whether it had to be turned down to fit. */
function describeLevels({ peak, rms, turned_down: less }) {
  if (peak === 0) return "Sound: silence.";
  const [top, mean] = [peak, rms].map((value) => `${fixed(20 * Math.log10(value))} dBFS`);
  return `Sound: peak ${top}, RMS ${mean}${less > 0 ? `, turned down by ${fixed(less)} dB so as not to clip` : ""}.`;
}

const htk = (hz) => Math.log10(1 + hz / 700);

/** What differs between the explorers: the frequency axis, and what is said of a picture. */
const KINDS = {
  stft: {
    title: "Frequency (kHz)",
    ticks: (rate) => ticksUpTo(rate / 2000).map((khz) => [khz * 1000, String(khz)]),
    position: (hz, rows, rate) => ((hz / (rate / 2)) * (rows - 1) + 0.5) / rows,
    describe({ n_fft: size, hop_length: hop, window, phase }, { rows, cols }, rate) {
      const ms = (samples) => `${grouped(samples)} samples (${fixed((1000 * samples) / rate)} ms)`;
      const shape = `${grouped(rows)} frequencies, ${fixed(rate / size)} Hz apart, in ${grouped(cols)} frames`;
      return `${capital(window)} window of ${ms(size)}, hop of ${ms(hop)}: ${shape}. ${PHASES[phase]}`;
    },
  },
  cvae: {
    title: "Frequency (Hz, mel scale)",
    ticks: () => [100, 250, 500, 1000, 2000, 4000, 8000].map((hz) => [hz, String(hz)]),
    position: (hz, rows, rate) => ((htk(hz) / htk(rate / 2)) * (rows + 1) - 0.5) / rows,
    describe({ pitch, family, velocity, point, x, y }, { rows, cols }) {
      const note = `${nameOf(pitch)} (MIDI ${pitch}, ${fixed(hzOf(pitch))} Hz), ${family.replace("_", " ")}, velocity ${velocity}`;
      const moved = x || y ? ` moved by ${signed(x)} and ${signed(y)}` : "";
      return `${note}, latent point ${point}${moved}: ${rows} mel bands in ${cols} frames.`;
    },
  },
};

/** Round numbers from 0 to `end`, about five of them. */
function ticksUpTo(end) {
  const step = [0.1, 0.2, 0.5, 1, 2, 5, 10].find((size) => end / size <= 5) ?? 20;
  return Array.from({ length: Math.floor(end / step + 1e-9) + 1 }, (_, i) => Number((i * step).toFixed(1)));
}

// --- where answers come from -----------------------------------------------------------------------------------------

/** On a page of the book: its own engine, loaded when first needed. */
function pageSource(model) {
  const root = new URL(document.documentElement.dataset.content_root, document.baseURI);
  const bytes = model.get("note");
  const note = new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  const sound = { note: note.length ? note : null, sampleRate: model.get("sample_rate") };
  return async (want, settings, options) => {
    const engine = await import(new URL("_static/nsynthlib/engine.mjs", root).href).catch(() => {
      throw new Error(
        location.protocol === "file:"
          ? "A page opened as a file cannot load its engine: run “make serve” and open the address it prints."
          : "The page's engine could not be loaded: check the connection and load the page again.",
      );
    });
    return engine.explore(model.get("kind"), want, settings, { ...sound, ...options });
  };
}

/** In a notebook: Python, by messages. Answers that come late still count. */
function kernelSource(model, onSilence) {
  const waiting = new Map();
  const self = Math.random().toString(36).slice(2); // two views of one widget hear each other's answers
  let count = 0;
  model.on("msg:custom", ({ id, error, ...answer }, buffers) => {
    const job = waiting.get(id);
    if (!job) return;
    waiting.delete(id);
    clearTimeout(job.timer);
    if (error !== undefined) return job.reject(new Error(error));
    const view = buffers[0];
    const bytes = new Uint8Array(view.buffer ?? view, view.byteOffset ?? 0, view.byteLength);
    job.resolve({ ...answer, [answer.sound ? "wav" : "bytes"]: bytes });
  });
  return (want, settings) =>
    new Promise((resolve, reject) => {
      const id = `${self}-${++count}`;
      const timer = want === "picture" ? setTimeout(onSilence, PATIENCE) : undefined;
      waiting.set(id, { resolve, reject, timer });
      model.send({ type: "compute", id, want, settings });
    });
}

/** What the controls say, by the names that both engines use. */
function readSettings(model) {
  const choices = model.get("choices");
  const read = (name) => (name in choices ? choices[name][model.get(name)] : model.get(name));
  return Object.fromEntries(model.get("settings").map((name) => [name, read(name)]));
}

// --- the picture -----------------------------------------------------------------------------------------------------

/** `from` cells shared among `to` cells: where each share begins, and the end. */
const shares = (from, to) => Uint32Array.from({ length: to + 1 }, (_, i) => Math.floor((i * from) / to));

/**
 * A picture `[rows, cols]` resized to `[height, width]`, first row at the bottom. A cell that stands for several takes
 * the loudest, so that thin lines survive; a cell that is larger than a pixel keeps its edges.
 */
function resize({ bytes, rows, cols }, height, width) {
  const [down, along] = [shares(rows, height), shares(cols, width)];
  const out = new Uint8Array(height * width);
  const line = new Uint8Array(cols);
  for (let y = 0; y < height; y++) {
    line.set(bytes.subarray(down[y] * cols, (down[y] + 1) * cols));
    for (let r = down[y] + 1; r < down[y + 1]; r++) {
      for (let c = 0; c < cols; c++) line[c] = Math.max(line[c], bytes[r * cols + c]);
    }
    for (let x = 0, at = (height - 1 - y) * width; x < width; x++, at++) {
      out[at] = line[along[x]];
      for (let c = along[x] + 1; c < along[x + 1]; c++) out[at] = Math.max(out[at], line[c]);
    }
  }
  return out;
}

/** 256 opaque colours, as a canvas stores them, of 256 times red, green, blue. */
function palette(view) {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, 3 * 256);
  const colour = (i) => new Uint32Array(Uint8Array.of(...bytes.subarray(3 * i, 3 * i + 3), 255).buffer)[0];
  return Uint32Array.from({ length: 256 }, (_, i) => colour(i));
}

/** Paints a picture at the screen's own resolution. */
function paint(canvas, picture, colours) {
  const sharp = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((size) => Math.round(size * sharp));
  if (!width || !height) return;
  canvas.width = width;
  canvas.height = height;
  const cells = resize(picture, height, width);
  const pixels = new Uint32Array(cells.length);
  for (let i = 0; i < cells.length; i++) pixels[i] = colours[cells[i]];
  const image = new ImageData(new Uint8ClampedArray(pixels.buffer), width, height);
  canvas.getContext("2d").putImageData(image, 0, 0);
}

// --- the page's elements ---------------------------------------------------------------------------------------------

function make(parent, tag, className, attributes = {}) {
  const element = document.createElement(tag);
  element.className = className;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  parent.append(element);
  return element;
}

/** Labels at their places on an axis; a place is a part of its length, from 0 to 1. */
function writeTicks(axis, ticks) {
  axis.replaceChildren();
  for (const [place, label] of ticks) {
    if (place < 0 || place > 1.01) continue; // the outermost cells are centred on the outermost frequencies
    const tick = make(axis, "span", "nn-tick");
    tick.style.setProperty("--at", `${100 * Math.min(1, place)}%`);
    tick.textContent = label;
  }
}

/** The parts of a view. Axes are for the eye; what they say is in the picture's own label. */
function build(el, model) {
  const kind = KINDS[model.get("kind")];
  const figure = make(el, "div", "nn-figure");
  const hidden = { "aria-hidden": "true" };
  const parts = { frequencyTitle: make(figure, "div", "nn-title nn-title-frequency", hidden) };
  parts.frequencyTitle.textContent = kind.title;
  make(figure, "div", "nn-title nn-title-level", hidden).textContent = "Level (dB)";
  parts.frequencies = make(figure, "div", "nn-axis nn-frequencies", hidden);
  parts.canvas = make(figure, "canvas", "nn-canvas", { role: "img", "aria-label": "Spectrogram, not computed yet" });
  parts.bar = make(figure, "div", "nn-bar", hidden);
  parts.levels = make(figure, "div", "nn-axis nn-levels", hidden);
  parts.times = make(figure, "div", "nn-axis nn-times", hidden);
  make(figure, "div", "nn-title nn-title-time", hidden).textContent = "Time (s)";
  parts.progress = make(el, "progress", "nn-progress", { max: "1", value: "0", "aria-label": "Computing the sound" });
  parts.audio = make(el, "audio", "nn-audio", { controls: "", "aria-label": "Sound of the picture" });
  parts.status = make(el, "p", "nn-status", { role: "status", "aria-live": "polite" });
  return parts;
}

/** The colours of levels, from the floor up. */
function writeScale({ bar, levels }, colours, floor) {
  const stops = Array.from({ length: 17 }, (_, i) => new Uint8Array(colours.buffer, 4 * Math.min(255, 16 * i), 3));
  const css = stops.map((stop) => `rgb(${stop.join(" ")})`);
  bar.style.background = `linear-gradient(to top, ${css.join(", ")})`;
  const ticks = ticksUpTo(-floor / 20).map((i) => [1 - (20 * i) / -floor, i ? `\u2212${20 * i}` : "0"]);
  writeTicks(levels, ticks);
}

/** Draws a picture, its axes and its label. */
function show(parts, picture, model, colours, words) {
  const kind = KINDS[model.get("kind")];
  const rate = model.get("sample_rate");
  const { rows, cols, hop } = picture;
  paint(parts.canvas, picture, colours);
  writeTicks(
    parts.frequencies,
    kind.ticks(rate).map(([hz, label]) => [kind.position(hz, rows, rate), label]),
  );
  const end = (cols - 1) * hop;
  writeTicks(
    parts.times,
    ticksUpTo(end).map((s) => [(s / hop + 0.5) / cols, String(s)]),
  );
  parts.canvas.setAttribute(
    "aria-label",
    `Spectrogram: ${kind.title.toLowerCase()} up to ${grouped(rate / 2)} Hz over ${fixed(end)} s, ` +
      `levels from ${fixed(model.get("floor_db"), 0)} to 0 dB. ${words}`,
  );
}

/** Gives the player a new file; a reader who was listening hears the new sound from the same moment. */
function load(audio, wav) {
  const listening = !audio.paused && !audio.ended;
  const moment = audio.currentTime;
  URL.revokeObjectURL(audio.src);
  audio.src = URL.createObjectURL(new Blob([wav], { type: "audio/wav" }));
  if (listening) {
    audio.currentTime = moment;
    audio.play().catch(() => {}); // the browser may want another click first
  }
}

/** What ipywidgets show beside a slider, its name and its value, said to assistive technology too. */
function nameControls(el) {
  for (const row of el.closest(".nn-explorer")?.querySelectorAll(".widget-inline-hbox") ?? []) {
    const label = row.querySelector(".widget-label");
    if (label.title === "null") label.removeAttribute("title");
    const readout = row.querySelector(".widget-readout");
    const handle = row.querySelector(".noUi-handle, .ui-slider-handle");
    const said = { role: "slider", "aria-label": label.textContent, "aria-valuetext": readout?.textContent };
    if (handle?.matches(".ui-slider-handle")) said["aria-valuenow"] = said["aria-valuetext"]; // ipywidgets 7 has none
    if (handle) for (const [name, value] of Object.entries(said)) handle.setAttribute(name, value);
    if (!readout?.isContentEditable) continue;
    readout.setAttribute("role", "textbox");
    readout.setAttribute("aria-label", `${label.textContent}, value`);
  }
}

// --- the whole -------------------------------------------------------------------------------------------------------

/** Computes and shows while the controls move: always the newest settings, the picture before the sound. */
function makeRunner(model, el, parts, colours, source) {
  let wanted = 0;
  let running = false;
  let sound = new AbortController();

  const state = (name, text) => {
    el.dataset.state = name;
    if (text !== undefined) parts.status.textContent = text;
  };

  async function turn(number, settings) {
    const started = performance.now();
    state("picture");
    const picture = await source("picture", settings, {});
    const words = KINDS[model.get("kind")].describe(settings, picture, model.get("sample_rate"));
    show(parts, picture, model, colours, words);
    parts.picture = picture;
    el.dataset.pictureMs = (performance.now() - started).toFixed(1);
    if (number !== wanted) return;
    state("sound");
    parts.progress.value = 0;
    sound = new AbortController();
    const onProgress = (part) => (parts.progress.value = part);
    const answer = await source("sound", settings, { signal: sound.signal, onProgress });
    if (number !== wanted || !answer) return;
    load(parts.audio, answer.wav);
    parts.audio.setAttribute("aria-label", `Sound of the picture. ${words}`);
    state("ready", `${words} ${describeLevels(answer)}`);
  }

  return async function run() {
    wanted++;
    sound.abort();
    if (running) return;
    running = true;
    for (let number = 0; number !== wanted; ) {
      number = wanted;
      nameControls(el);
      await turn(number, readSettings(model)).catch((error) => {
        if (number === wanted) state("error", error.message);
      });
      el.dataset.turn = String(number);
    }
    running = false;
    nameControls(el);
  };
}

function render({ model, el }) {
  el.classList.add("nn-view");
  const parts = build(el, model);
  const colours = palette(model.get("colours"));
  writeScale(parts, colours, model.get("floor_db"));
  const silence = () => {
    el.dataset.state = "error";
    parts.status.textContent = "No kernel answers: run this cell.";
  };
  const onPage = document.documentElement.dataset.content_root !== undefined;
  const run = makeRunner(model, el, parts, colours, onPage ? pageSource(model) : kernelSource(model, silence));

  const events = model.get("settings").map((name) => `change:${name}`);
  for (const event of events) model.on(event, run);
  const resized = new ResizeObserver(() => parts.picture && paint(parts.canvas, parts.picture, colours));
  resized.observe(parts.canvas);
  const seen = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    seen.disconnect();
    run();
  }, { rootMargin: "300px" });
  seen.observe(el);
  return () => {
    for (const event of events) model.off(event, run);
    resized.disconnect();
    seen.disconnect();
    URL.revokeObjectURL(parts.audio.src);
  };
}

export default { render };
