// Makes widgets from their stored state on a page where no kernel runs: what ipywidgets and anywidget define, no more.
import * as base from "@jupyter-widgets/base";
import { ManagerBase } from "@jupyter-widgets/base-manager";
import * as controls from "@jupyter-widgets/controls";
import { MessageLoop } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";
import "@lumino/widgets/style/index.css";
import "@jupyter-widgets/controls/css/labvariables.css";
import "@jupyter-widgets/controls/css/widgets-base.css";
import "../_static/vendor/anywidget.js";
import { anywidget } from "./amd.mjs";

const MODULES = { "@jupyter-widgets/base": base, "@jupyter-widgets/controls": controls, anywidget };

const NO_KERNEL = { on_close() {}, on_msg() {}, send: () => "", close: () => "" };

export class PageManager extends ManagerBase {
  constructor() {
    super();
    this.views = new Set();
    addEventListener("resize", () => {
      for (const { luminoWidget } of this.views) MessageLoop.postMessage(luminoWidget, Widget.ResizeMessage.UnknownSize);
    });
  }

  /** The class of a model or a view; a module that the page does not bring is not looked for elsewhere. */
  async loadClass(name, module) {
    const found = MODULES[module]?.[name];
    if (!found) throw new Error(`The page has no widget ${name} of ${module}.`);
    return found;
  }

  async _get_comm_info() {
    return {};
  }

  async _create_comm() {
    return NO_KERNEL;
  }

  /** Shows the model of this id, whose state is set, in an element. */
  async show(id, element) {
    const view = await this.create_view(await this.get_model(id));
    Widget.attach(view.luminoWidget, element);
    this.views.add(view);
  }
}
