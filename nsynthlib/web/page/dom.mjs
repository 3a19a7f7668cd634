/** Elements of a page. */

/** Puts an element with its attributes at the end of `parent`. */
function attach(parent, element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return parent.appendChild(element);
}

/** A new element at the end of `parent`. */
export function make(parent, tag, className, attributes = {}, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return attach(parent, element, attributes);
}

/** A new element of a drawing (SVG) at the end of `parent`. */
export function makeSvg(parent, tag, attributes = {}) {
  return attach(parent, document.createElementNS("http://www.w3.org/2000/svg", tag), attributes);
}

/** A button that answers mouse and keyboard. */
export function makeButton(parent, text, onClick) {
  const button = make(parent, "button", "nn-button", { type: "button" }, text);
  button.addEventListener("click", onClick);
  return button;
}
