/** Buttons that say what is listened to. */
import { make, makeButton } from "./dom.mjs";
import { capital } from "./format.mjs";

const MICROPHONE = "the microphone";

/**
 * A button for the microphone, one for each of `examples` (name to address) and one to freeze, in a group.
 * `on.listen(name, address)` is without an address where it is the microphone; `on.freeze()`. `show(live)` tells which
 * can be pressed, by the name of what is listened to, `null` where that is nothing.
 */
export function makeSources(el, examples, on) {
  const group = make(el, "div", "nn-own", { role: "group", "aria-label": "What is listened to" });
  make(group, "span", "nn-own-words", {}, "Sing, whistle, speak or play. What is heard never leaves this page.");
  const microphone = makeButton(group, `Use ${MICROPHONE}`, () => on.listen(MICROPHONE));
  for (const [name, address] of Object.entries(examples)) makeButton(group, capital(name), () => on.listen(name, address));
  const freeze = makeButton(group, "Freeze", on.freeze);
  function show(live) {
    freeze.disabled = !live;
    microphone.setAttribute("aria-pressed", String(live === MICROPHONE));
  }
  show(null);
  return { show };
}
