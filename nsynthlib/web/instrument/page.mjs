/** The instrument's page: everything that a player sees and touches, around `makeInstrument`. */
import { readManifest } from "../engine/manifest.mjs";
import { make, makeButton } from "../page/dom.mjs";
import { addHelp } from "../page/help.mjs";
import { palette } from "../page/palette.mjs";
import { copyAddress } from "../page/saving.mjs";
import { makeInstrument } from "./core.mjs";
import { makeFolded } from "./fields.mjs";
import { makeKeyboardPanel } from "./keyboard_panel.mjs";
import { makeLiveView } from "./live_view.mjs";
import { makeLoopPanel } from "./loop_panel.mjs";
import { keepForOffline } from "./offline.mjs";
import { makeOwnPanel } from "./own_panel.mjs";
import { makePlayer } from "./player.mjs";
import { makeSavingPanel } from "./saving_panel.mjs";
import { makeSecondPanel } from "./second_panel.mjs";
import { defaults, fromLink } from "./settings.mjs";
import { makeSettingsPanel } from "./settings_panel.mjs";
import { makeSoundButtons } from "./sound_buttons.mjs";
import { makeTimbrePanel } from "./timbre_panel.mjs";
import "../page/explorer.css";
import "../page/keyboard.css";
import "../page/pad.css";
import "./instrument.css";

const READY = "Ready: touch a key, or press its letter.";
const LINKED_AFTER = 300; // milliseconds without a change

/** The line at the top, and the bar below it while the model loads. */
function makeStatus(root) {
  const head = make(root, "div", "nn-head");
  const words = make(head, "p", "nn-status", { role: "status" }, "Loading the model …");
  const bar = make(head, "progress", "nn-loading", { max: 1, value: 0, "aria-label": "Loading the model" });
  return {
    say(text) {
      words.textContent = text;
      addHelp(words, text);
    },
    progress(part) {
      bar.value = part;
      bar.hidden = part >= 1;
    },
  };
}

/** Keeps the page's address in step with the settings, and the settings with an address that is entered. */
function tendLink(instrument, say) {
  let timer = 0;
  let written = location.hash;
  const write = () => {
    clearTimeout(timer);
    const link = instrument.link();
    written = link && `#${link}`;
    history.replaceState(null, "", written || location.pathname + location.search);
  };
  addEventListener("hashchange", () => {
    if (location.hash === written) return;
    const { settings, refused } = fromLink(location.hash);
    Object.assign(instrument.settings, defaults(), settings);
    if (refused.length) say(refused.join(" "));
  });
  return {
    changed() {
      clearTimeout(timer);
      timer = setTimeout(write, LINKED_AFTER);
    },
    write,
  };
}

function copyLink(write, say) {
  write();
  return copyAddress(say, "The link is copied: whoever opens it gets this sound and your phrase.");
}

/** A browser lets a page sound once it was touched, and browsers differ in which part of a touch counts. */
function tendContext(context) {
  const wake = () => context.state === "running" || context.resume();
  for (const event of ["pointerdown", "pointerup", "touchend", "keydown"]) addEventListener(event, wake, true);
}

/** All panels in `root`, once the model's manifest is known. */
function build(root, instrument, status, colours) {
  const { settings } = instrument;
  const player = makePlayer(instrument);
  const timbres = instrument.timbres();
  const link = tendLink(instrument, status.say);
  tendContext(instrument.context);
  const timbre = make(root, "section", "nn-timbre", { "aria-label": "Sound" });
  const beside = make(root, "div", "nn-ways");
  const buttons = makeSoundButtons(beside, settings);
  makeButton(beside, "Copy link", () => copyLink(link.write, status.say));
  const keys = make(root, "section", "nn-keyboard", { "aria-label": "Keyboard" });
  const keyboard = makeKeyboardPanel(keys, instrument, player, status.say);
  makeLiveView(root, instrument, colours);
  const loop = makeLoopPanel(make(root, "section", "nn-loop", { "aria-label": "Loop" }), instrument, player);
  const more = makeFolded(root, "Shape the sound");
  const second = makeSecondPanel(makeFolded(root, "Morph to a second sound"), settings);
  makeOwnPanel(makeFolded(root, "Your own sound"), instrument, status.say);
  makeSavingPanel(makeFolded(root, "Save"), instrument, player, loop.phrase, status.say);
  const rest = makeSettingsPanel(makeFolded(root, "Settings"), instrument, keyboard.playLetters);
  const shown = [makeTimbrePanel(timbre, more, settings, (family) => timbres[family]), second, keyboard, loop, rest];

  let due = false;
  const show = () => {
    due = false;
    shown.forEach((panel) => panel.show());
  };
  instrument.on("settings", () => {
    buttons.note();
    link.changed();
    if (!due) queueMicrotask(show);
    due = true;
  });
  show();
}

async function open(root) {
  root.replaceChildren();
  root.classList.add("nn-view", "nn-instrument");
  const status = makeStatus(root);
  const { settings, refused } = fromLink(location.hash);
  try {
    const instrument = makeInstrument({ settings });
    window.instrument = instrument;
    instrument.on("error", status.say);
    instrument.on("progress", status.progress);
    const { colours } = await readManifest();
    build(root, instrument, status, palette(Uint8Array.from(atob(colours), (byte) => byte.charCodeAt(0))));
    await instrument.ready;
    status.say(refused.join(" ") || READY);
    root.dataset.state = "ready";
    if (await keepForOffline()) root.dataset.offline = "kept";
  } catch (error) {
    status.say(error.message);
    status.progress(1);
    root.dataset.state = "error";
  }
}

open(document.getElementById("instrument"));
