/** A browser lets a page sound once it was touched, and some never do. */

const WAKING_MS = 1000; // milliseconds that a browser may take to begin
const SILENT =
  "The browser keeps this page silent. Click here or press a key; if nothing is heard then, allow sound for this site.";
const AWAKE = "The browser lets this page sound now.";

/** Lets a context run. `say` hears a line if the browser does not let it, and another once it does. */
export async function wake(context, say) {
  if (context.state === "running") return;
  let told = false;
  const tell = () => {
    if (context.state !== "suspended") return;
    told = true;
    say(SILENT);
  };
  const timer = setTimeout(tell, WAKING_MS);
  await context.resume().catch(tell);
  clearTimeout(timer);
  if (told && context.state === "running") say(AWAKE);
}
