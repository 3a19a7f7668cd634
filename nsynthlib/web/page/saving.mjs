/** Something to take away: a table as CSV, a text as a file. */
import { make } from "./dom.mjs";

/** A value as a field of CSV (RFC 4180). */
const field = (value) => (/[",\r\n]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : String(value));

/** Rows of values as CSV. */
export const csv = (rows) => rows.map((row) => `${row.map(field).join(",")}\r\n`).join("");

/** Offers a text, or bytes, as a file to be kept. */
export function saveFile(name, text, type) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = make(document.body, "a", "", { href: url, download: name, hidden: "" });
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000); // when the browser has taken it
}

/** Copies the page's address; `say` hears `done`, or what to do instead. */
export async function copyAddress(say, done) {
  try {
    await navigator.clipboard.writeText(location.href);
    say(done);
  } catch {
    say("This browser lets no page copy; take the link from the address bar.");
  }
}
