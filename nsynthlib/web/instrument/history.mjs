/** What to go back to: the states in which a player has left the sound, newest last. */
const SETTLED = 400; // milliseconds without a change
const MOST = 100;

/** `note(state)` hears of every change, an object; `undo()` gives the state before the last settled one, or `null`. */
export function makeHistory(first, onChange) {
  const states = [JSON.stringify(first)];
  let latest = states[0];
  let timer = 0;

  function settle() {
    clearTimeout(timer);
    if (latest === states.at(-1)) return;
    states.push(latest);
    if (states.length > MOST) states.shift();
    onChange(states.length > 1);
  }

  function note(state) {
    latest = JSON.stringify(state);
    clearTimeout(timer);
    timer = setTimeout(settle, SETTLED);
  }

  function undo() {
    settle();
    if (states.length < 2) return null;
    states.pop();
    latest = states.at(-1);
    onChange(states.length > 1);
    return JSON.parse(latest);
  }

  return { note, undo };
}
