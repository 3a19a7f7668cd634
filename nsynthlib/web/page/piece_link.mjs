/** A piece in an address's fragment: who composes it, and by which settings; nothing else is needed to make it again. */
import { readSettings } from "./settings.mjs";

const PIECE = "piece";

/** The fragment, without `#`, of what the controls say. */
export const writePiece = (model) =>
  new URLSearchParams({ [PIECE]: model.get("kind"), ...readSettings(model) }).toString();

/** A setting's text as its trait holds it: a whole number, a truth, or the place of a choice; `undefined` for a wrong one. */
function readSetting(model, name, text) {
  const offered = model.get("choices")[name]?.map(String);
  if (offered) return offered.includes(text) ? offered.indexOf(text) : undefined;
  if (typeof model.get(name) === "boolean") return { true: true, false: false }[text];
  const [low, high] = model.get("limits")[name];
  const number = Number(text);
  return text.trim() !== "" && Number.isInteger(number) && number >= low && number <= high ? number : undefined;
}

/** Sets what a fragment says, if it is of this composer; says whether it is. */
export function takePiece(model, fragment) {
  const told = new URLSearchParams(fragment.replace(/^#/, ""));
  if (told.get(PIECE) !== model.get("kind")) return false;
  for (const name of model.get("settings")) {
    const value = told.has(name) ? readSetting(model, name, told.get(name)) : undefined;
    if (value !== undefined) model.set(name, value);
  }
  model.save_changes();
  return true;
}
