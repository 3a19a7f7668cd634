/** What a reader does with a piece: hears it, composes another, takes it away, opens it in the instrument. */
import { bookRoot, isPage } from "./backend.mjs";
import { make, makeButton } from "./dom.mjs";
import { FINE_RATE, RELEASE } from "./held_voices.mjs";
import { writePhrase } from "./phrase.mjs";
import { takePiece, writePiece } from "./piece_link.mjs";
import { makePieceSound, playEvents } from "./piece_sound.mjs";
import { renderVoices } from "./rendering.mjs";
import { copyAddress, saveFile } from "./saving.mjs";
import { readSettings } from "./settings.mjs";
import { wake } from "./waking.mjs";

const COPIED = "The link is copied: whoever opens it gets this piece.";

/** The address at which the instrument has these notes as its loop. */
function instrumentLink({ seconds, notes }, family) {
  const played = notes.map(([start, end, midi, velocity]) => ({ start, end, midi, velocity }));
  const fragment = new URLSearchParams({ family, phrase: writePhrase({ seconds, notes: played }) });
  return new URL(`book/instrument.html#${fragment}`, bookRoot()).href;
}

/** Brings a view on to the screen as soon as it is on the page. */
function reveal(el) {
  const placed = new ResizeObserver(() => {
    placed.disconnect();
    el.closest(".nn-explorer")?.scrollIntoView();
  });
  placed.observe(el);
}

/** Takes the piece over that the address names, now and later; gives what ends that. */
function tendAddress(el, model) {
  const take = () => takePiece(model, location.hash) && reveal(el);
  take();
  addEventListener("hashchange", take);
  return () => removeEventListener("hashchange", take);
}

/** What plays: `prepare()` gives events, or `null` where it was halted; `go(piece)` plays, and `halt(words)` ends all. */
function makeTransport(prepareNotes, panels, { play, say }) {
  let [context, job, playing, frame] = [null, null, null, 0];

  function halt(words) {
    job?.abort();
    playing?.stop();
    cancelAnimationFrame(frame);
    [job, playing] = [null, null];
    play.textContent = "Play";
    for (const { at } of panels) at?.(null);
    if (words !== undefined) say(words);
  }

  function follow(seconds) {
    const now = playing.at();
    if (now > seconds + RELEASE) return halt("The piece has ended.");
    for (const { at } of panels) at?.(Math.max(0, Math.min(now, seconds)));
    frame = requestAnimationFrame(() => follow(seconds));
  }

  async function prepare({ notes }) {
    halt("");
    const mine = (job = new AbortController());
    play.textContent = "Stop";
    try {
      const events = await prepareNotes(notes, mine.signal, (i, of) => say(`The model makes note ${i} of ${of} …`));
      return job === mine ? events : null;
    } catch (error) {
      if (job === mine) halt(error.message);
      return null;
    }
  }

  async function go(piece) {
    if (job) return halt("Stopped.");
    context ??= new AudioContext();
    wake(context, say);
    const events = await prepare(piece);
    if (!events) return;
    playing = playEvents(context, events);
    say("Playing.");
    follow(piece.seconds);
  }

  return { prepare, go, halt, isIdle: () => !job, close: () => context?.close() };
}

/**
 * The buttons below a composer's controls, as an explorer's `keyboard`.
 *
 * @param encodeWav `(samples, rate)` to the bytes of a file
 * @param again what the button says that composes by another seed
 */
export const pieceButtons = (encodeWav, again = "Compose again") => (el, keys, model, panels) => {
  el.classList.add("nn-piece");
  const row = make(el, "div", "nn-buttons", { role: "group", "aria-label": "Piece" });
  const words = make(el, "p", "nn-piece-words", { role: "status" });
  const say = (text) => (words.textContent = text);
  const roll = panels.find(({ listen }) => listen);
  const familyNow = () => readSettings(model).family;
  const play = makeButton(row, "Play", () => go(roll.piece()));
  const { prepare, go, halt, isIdle, close } = makeTransport(makePieceSound(keys.ask, familyNow), panels, { play, say });

  if (model.get("settings").includes("seed")) makeButton(row, again, drawSeed);
  offer("wav", "audio/wav", async () => {
    const events = await prepare(roll.piece());
    return events && encodeWav(await renderVoices(events, FINE_RATE), FINE_RATE);
  });
  offer("mid", "audio/midi", async () => (await keys.ask("midi", null)).midi);
  const link = isPage() && make(row, "a", "nn-button", {}, "Open in the instrument");
  if (link) makeButton(row, "Copy link", copyLink);
  const endAddress = link ? tendAddress(el, model) : () => {};
  const buttons = [...row.children].filter((part) => part.matches("button"));
  for (const button of buttons) button.disabled = true; // until there is a piece
  roll.listen((piece) => {
    if (!isIdle()) halt("");
    for (const button of buttons) button.disabled = false;
    if (link) link.href = instrumentLink(piece, familyNow());
  });

  function drawSeed() {
    const [low, high] = model.get("limits").seed;
    model.set("seed", low + Math.floor(Math.random() * (high - low + 1)));
    model.save_changes();
  }

  /** A button that saves what `work` gives, unless that is `null`. */
  function offer(ending, type, work) {
    const name = `${model.get("kind")}.${ending}`;
    makeButton(row, `Save ${type === "audio/wav" ? "WAV" : "MIDI"}`, async () => {
      try {
        const data = await work();
        if (!data) return;
        halt(`${name} is saved.`);
        saveFile(name, data, type);
      } catch (error) {
        halt(error.message);
      }
    });
  }

  function copyLink() {
    history.replaceState(null, "", `#${writePiece(model)}`);
    return copyAddress(say, COPIED);
  }

  return () => {
    endAddress();
    halt();
    close();
  };
};
