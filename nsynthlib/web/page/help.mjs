/** From what a page says of a trouble to the book's page about it. A notebook has no such pages, so nothing is added. */
import { bookRoot, isPage } from "./backend.mjs";
import { make } from "./dom.mjs";

const PAGES = { no_webassembly: /webassembly|wasm/i, no_sound: /web audio|silent/i };

/** Puts a link behind the words in `line` if they are about something that a page of the book helps with. */
export function addHelp(line, words) {
  const found = isPage() && Object.keys(PAGES).find((page) => PAGES[page].test(words));
  if (!found) return;
  line.append(" ");
  make(line, "a", "nn-help", { href: new URL(`book/${found}.html`, bookRoot()).href }, "What to do");
}
