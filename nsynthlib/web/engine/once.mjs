/** What is computed or loaded once, and kept. */

/** `load(key, ...rest)`, a promise, once for each key; a failed one is tried again at the next call. */
export function once(load) {
  const loaded = new Map();
  return (key, ...rest) => {
    if (!loaded.has(key)) {
      const loading = load(key, ...rest);
      loaded.set(key, loading);
      loading.catch(() => loaded.delete(key));
    }
    return loaded.get(key);
  };
}
