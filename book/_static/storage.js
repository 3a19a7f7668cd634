// A browser that keeps nothing for this site throws where the theme and others read what they kept, and they end there.
// Then what a reader chooses is kept for the page. This script comes before all others.
(() => {
  const PROBE = "nn-probe";

  /** What a Storage does, for as long as the page is open. */
  function makeStorage() {
    const kept = new Map();
    return {
      getItem: (key) => kept.get(String(key)) ?? null,
      setItem: (key, value) => void kept.set(String(key), String(value)),
      removeItem: (key) => void kept.delete(String(key)),
      clear: () => kept.clear(),
      key: (index) => [...kept.keys()][index] ?? null,
      get length() {
        return kept.size;
      },
    };
  }

  for (const name of ["localStorage", "sessionStorage"]) {
    try {
      window[name].setItem(PROBE, "");
      window[name].removeItem(PROBE);
    } catch {
      Object.defineProperty(window, name, { value: makeStorage() });
      document.documentElement.dataset.storage = "refused";
    }
  }
})();
