/** The controls above a view. They are ipywidgets, whose own views know nothing of this one. */

const markKeys = (el) => (el.dataset.lmSuppressShortcuts = "true");

/**
 * Keeps the keys that are pressed inside `el` from JupyterLab and Notebook 7, which take arrows and letters as their own
 * shortcuts. Some of those they find by what has the focus, so it bears the mark itself.
 */
export function keepKeys(el) {
  if (el.dataset.lmSuppressShortcuts) return;
  markKeys(el);
  el.addEventListener("focusin", ({ target }) => markKeys(target));
}

/** What ipywidgets show beside a slider, its name and its value, said to assistive technology too. */
function nameControl(row) {
  const label = row.querySelector(".widget-label");
  if (!label) return;
  if (label.title === "null") label.removeAttribute("title");
  const readout = row.querySelector(".widget-readout");
  const handle = row.querySelector(".noUi-handle, .ui-slider-handle");
  const said = { role: "slider", "aria-label": label.textContent, "aria-valuetext": readout?.textContent };
  if (handle?.matches(".ui-slider-handle")) said["aria-valuenow"] = said["aria-valuetext"]; // ipywidgets 7 has none
  if (handle) for (const [name, value] of Object.entries(said)) handle.setAttribute(name, value);
  if (!readout?.isContentEditable) return;
  readout.setAttribute("role", "textbox");
  readout.setAttribute("aria-label", `${label.textContent}, value`);
}

/**
 * Names the controls that belong to the view `el`, leaves them their keys, and takes those out of reach that move
 * nothing: whose settings are `idle`, and those of the example alone while the sound is a reader's own.
 */
export function tendControls(el, idle, isOwn) {
  const explorer = el.closest(".nn-explorer");
  if (!explorer) return;
  keepKeys(explorer);
  for (const row of explorer.querySelectorAll(".widget-inline-hbox")) nameControl(row);
  const still = [...idle.map((name) => `.nn-setting-${name}`), ...(isOwn ? [".nn-of-example"] : [])].join();
  for (const control of explorer.querySelectorAll("[class*=nn-setting-]")) {
    control.inert = still !== "" && control.matches(still);
  }
}
