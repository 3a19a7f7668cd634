/** Settings that a player seldom needs, and how long keys wait for their sound. */
import { make } from "../page/dom.mjs";
import { fixed } from "../page/format.mjs";
import { median } from "../page/median.mjs";
import { HIGHEST, LOWEST } from "../page/piano.mjs";
import { makeBox, makeSlider } from "./fields.mjs";

function sayWaits(latencies, isPrepared) {
  const waits = latencies.filter(({ prepared }) => prepared === isPrepared).map(({ ms }) => ms);
  return waits.length ? `${fixed(median(waits))} ms (median of ${waits.length})` : "none was played yet";
}

/** The panel in `el`; `playLetters(play)` lets the computer's letters play or not. Returns `show()`. */
export function makeSettingsPanel(el, instrument, playLetters) {
  const { settings, context } = instrument;
  const sayVelocity = (value) => `${value} of 127`;
  const velocity = makeSlider(el, "Velocity of letters", { min: 1, max: 127, step: 1 }, sayVelocity, (value) => (settings.velocity = value));
  makeBox(el, "Letters play, wherever on this page the focus is", playLetters).show(true);
  const list = make(el, "dl", "nn-measured");
  const line = (name) => {
    make(list, "dt", "", {}, name);
    return make(list, "dd", "");
  };
  const ready = line("Keys that are ready");
  const prepared = line("From key to start, a note that was ready");
  const fresh = line("From key to start, a note that was not");
  const output = line("From there to the loudspeaker, as the browser tells");

  function measure() {
    const latencies = instrument.latencies();
    ready.textContent = `${instrument.prepared().length} of ${HIGHEST - LOWEST + 1}`;
    prepared.textContent = sayWaits(latencies, true);
    fresh.textContent = sayWaits(latencies, false);
    const seconds = (context.baseLatency ?? 0) + (context.outputLatency ?? 0);
    output.textContent = seconds ? `${fixed(1000 * seconds)} ms` : "not told";
  }
  instrument.on("noteon", measure);
  instrument.on("prepared", measure);
  measure();
  return { show: () => velocity.show(settings.velocity) };
}
