/** A plot as a panel of an explorer. */
import { make } from "./dom.mjs";
import { drawPlot } from "./plot.mjs";

/**
 * Lines and points, as a panel: `(el, model)` to `{ show(figure, settings, words), repaint() }`. `plotOf(figure,
 * settings, rate)` gives what `drawPlot` draws, and `alt`, the same in words. `show` and `repaint` answer as `drawPlot` does.
 */
export const plotPanel = (plotOf) => (el, model) => {
  const canvas = make(el, "canvas", "nn-plot", { role: "img", "aria-label": "Plot, not computed yet" });
  let shown = null;
  const repaint = () => shown && canvas.clientWidth && drawPlot(canvas, shown);
  function show(figure, settings) {
    shown = plotOf(figure, settings, model.get("sample_rate"));
    canvas.setAttribute("aria-label", shown.alt);
    return repaint();
  }
  return { show, canvas, repaint };
};
