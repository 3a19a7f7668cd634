/** A tuner's dial: the name of a pitch, and a needle for the cents beside it. */
import { make } from "./dom.mjs";
import { fixed, signed } from "./format.mjs";

const NO_PITCH = "No pitch is heard";

/** A pitch in words: "A4 +3 cents (440.8 Hz)". */
export const pitchInWords = ({ name, cents, hz }) => `${name} ${signed(cents, 0)} cents (${fixed(hz)} Hz)`;

/** A dial at the end of `el`; `show(pitch)` takes `{ name, cents, hz }`, or `null` where none is heard. */
export function makeDial(el) {
  const limits = { "aria-valuemin": "-50", "aria-valuemax": "50", "aria-label": "Tuner, cents beside the pitch" };
  const dial = make(el, "div", "nn-dial", { role: "meter", ...limits });
  const words = make(dial, "span", "nn-dial-words", { "aria-hidden": "true" });
  const scale = make(dial, "span", "nn-dial-scale", { "aria-hidden": "true" });
  make(scale, "span", "nn-dial-needle");
  function show(pitch) {
    words.textContent = pitch ? pitchInWords(pitch) : NO_PITCH;
    dial.dataset.heard = String(pitch !== null);
    dial.dataset.hz = pitch ? String(pitch.hz) : "";
    dial.style.setProperty("--cents", String(pitch?.cents ?? 0));
    dial.setAttribute("aria-valuenow", String(Math.round(pitch?.cents ?? 0)));
    dial.setAttribute("aria-valuetext", words.textContent);
  }
  show(null);
  return { show };
}
