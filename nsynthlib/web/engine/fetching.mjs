/** Files of the site itself. */

const WEB_PAGE = /^text\/html\b/;

/**
 * The answer to a request for a file. Throws a line for a reader where there is none, and where a web page came in its
 * place, as from a network that wants a login first or a server that sends its start page for whatever it lacks.
 */
export async function fetchFile(url) {
  const name = url.pathname.split("/").at(-1);
  const found = await fetch(url).catch(() => {
    throw new Error(`${name} could not be loaded: check the connection and try again.`);
  });
  if (!found.ok) throw new Error(`${name}: ${found.status} ${found.statusText}`);
  if (WEB_PAGE.test(found.headers.get("content-type") ?? "")) {
    throw new Error(`${name}: a web page came in its place; log in where your network asks for it, and try again.`);
  }
  return found;
}
