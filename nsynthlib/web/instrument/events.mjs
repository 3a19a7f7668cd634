/** Who listens to what happens. */

/** `on(event, listener)`, which gives what ends it, and `emit(event, ...told)`. */
export function makeEvents() {
  const listeners = new Map();
  const of = (event) => listeners.get(event) ?? listeners.set(event, new Set()).get(event);
  return {
    on(event, listener) {
      of(event).add(listener);
      return () => of(event).delete(listener);
    },
    emit: (event, ...told) => [...of(event)].forEach((listener) => listener(...told)),
  };
}
