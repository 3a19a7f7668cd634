// anywidget comes as an AMD module; with this `define` it becomes part of the bundle.
import * as base from "@jupyter-widgets/base";

export let anywidget;

export function define(_needs, make) {
  anywidget = make(base);
}
