/** The settings of an explorer, as its controls hold them. */

/** What the controls say, by the names that both engines use. */
export function readSettings(model) {
  const choices = model.get("choices");
  const read = (name) => (name in choices ? choices[name][model.get(name)] : model.get(name));
  return Object.fromEntries(model.get("settings").map((name) => [name, read(name)]));
}
