// Shows a page's widgets when a reader comes near them. Each place says which model stands there and which file holds
// its state; a page may also hold the states of all its models.
import { PageManager } from "./manager.mjs";

const STATE = "script[type='application/vnd.jupyter.widget-state+json']";
const VIEW = "script[type='application/vnd.jupyter.widget-view+json']";
const NEAR = "100% 0px"; // a window's height before a place is in sight
const STYLES = document.currentScript.src.replace(/\.js(?=\?|$)/, ".css");

/** Once per address. */
const once = (work) => {
  const done = new Map();
  return (address) => done.get(address) ?? done.set(address, work(address)).get(address);
};

/** A style sheet that is in force when this is done. */
const styled = once((address) => {
  const link = document.createElement("link");
  Object.assign(link, { rel: "stylesheet", href: address });
  document.head.append(link);
  return new Promise((resolve) => (link.onload = link.onerror = resolve));
});

// Labels of widgets ask for mathematics in the words of MathJax 2, which fail on a page that has MathJax 3.
function readMath() {
  const { MathJax } = window;
  if (!MathJax || MathJax.Hub) return;
  const typeset = (element) => MathJax.startup?.promise.then(() => MathJax.typesetPromise([element]));
  MathJax.Hub = { Queue: ([, , element]) => /\$|\\\(/.test(element.textContent) && typeset(element) };
}

function begin() {
  readMath();
  const manager = new PageManager();
  const held = [...document.querySelectorAll(STATE)].map((tag) => manager.set_state(JSON.parse(tag.textContent)));
  const fetched = once(async (address) => {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`${answer.status}`);
    await manager.set_state(await answer.json());
  });

  async function show(place, { dataset, textContent }) {
    try {
      await Promise.all([styled(STYLES), dataset.state ? fetched(dataset.state) : Promise.all(held)]);
      await manager.show(JSON.parse(textContent).model_id, place);
    } catch (error) {
      console.error(error);
      place.textContent = "This explorer could not be loaded: check the connection and load the page again.";
    }
    place.removeAttribute("aria-busy");
  }

  const places = new Map();
  const near = (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      observer.unobserve(target);
      show(target, places.get(target));
    }
  };
  const observer = new IntersectionObserver(near, { rootMargin: NEAR });
  for (const tag of document.querySelectorAll(VIEW)) {
    const place = document.createElement("div");
    place.className = "widget-subarea nn-widget"; // the theme gives the first a ground of its own in the dark;
    place.ariaBusy = "true";
    places.set(place, tag);
    tag.before(place);
    observer.observe(place);
  }
}

if (document.readyState === "complete") begin();
else document.addEventListener("DOMContentLoaded", begin);
