// "Code or no code": a switch at the top of a page folds all code cells, and is remembered. What cells show stays, and a
// solution that folds by itself is left to itself. Without this script all code is shown.
(() => {
  const KEY = "nn-code";
  const REFUSED = ". This browser keeps nothing for this site: what you choose holds for this page.";
  const root = document.documentElement;

  // On a telephone long lines run out of sight, so code starts folded. Set before anything is painted.
  const usual = matchMedia("(max-width: 600px)").matches ? "folded" : "shown";
  root.dataset.code = localStorage.getItem(KEY) ?? usual;
  const isShown = () => root.dataset.code !== "folded";

  /** Puts the code of a cell into something that opens; its line is there while code is folded. */
  function wrap(input) {
    const fold = document.createElement("details");
    fold.className = "nn-code";
    fold.open = isShown();
    const lines = input.querySelector("pre").textContent.trimEnd().split("\n").length;
    const name = document.createElement("summary");
    name.textContent = lines === 1 ? "Code, 1 line" : `Code, ${lines} lines`;
    input.replaceWith(fold);
    fold.append(name, input);
    return fold;
  }

  /** What begins first in the window stays where it is while `change` folds and opens what is above. */
  function keepPlace(change) {
    const top = document.querySelector(".bd-header-article")?.getBoundingClientRect().bottom ?? 0;
    const parts = document.querySelectorAll(".bd-article :is(h1, h2, h3, p, li, figure, .cell_output, .nn-code)");
    const begins = (part) => part.getClientRects().length && part.getBoundingClientRect().top >= top;
    const anchor = scrollY > 0 ? [...parts].find(begins) : null;
    const before = anchor?.getBoundingClientRect().top;
    change();
    if (anchor) scrollBy({ top: anchor.getBoundingClientRect().top - before, behavior: "instant" });
  }

  function makeSwitch(folds) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-sm nn-code-switch";
    button.textContent = "Code";
    const show = () => {
      button.setAttribute("aria-pressed", String(isShown()));
      button.title = (isShown() ? "Fold all code" : "Show all code") + (root.dataset.storage ? REFUSED : "");
      for (const fold of folds) fold.open = isShown();
    };
    button.addEventListener("click", () => {
      root.dataset.code = isShown() ? "folded" : "shown";
      localStorage.setItem(KEY, root.dataset.code);
      keepPlace(show);
    });
    show();
    return button;
  }

  document.addEventListener("DOMContentLoaded", () => {
    const inputs = document.querySelectorAll(".bd-article .cell > .cell_input");
    if (inputs.length) document.querySelector(".header-article-items__end").prepend(makeSwitch([...inputs].map(wrap)));
  });
})();
