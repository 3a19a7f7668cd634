/** Elements of a page. */

/** A new element at the end of `parent`. */
export function make(parent, tag, className, attributes = {}, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  parent.append(element);
  return element;
}

/** A button that answers mouse and keyboard. */
export function makeButton(parent, text, onClick) {
  const button = make(parent, "button", "nn-button", { type: "button" }, text);
  button.addEventListener("click", onClick);
  return button;
}
