/** What is computed or loaded once, and kept. */

/** `load(key, ...rest)` once for each key; a promise that fails is forgotten, so that the next call tries again. */
export function once(load) {
  const loaded = new Map();
  return (key, ...rest) => {
    if (!loaded.has(key)) {
      const loading = load(key, ...rest);
      loaded.set(key, loading);
      loading.catch?.(() => loaded.delete(key));
    }
    return loaded.get(key);
  };
}
