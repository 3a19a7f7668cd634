/** Keys that are not ours. */

/** Whether a key is pressed for the browser or the system, with Control, Meta or Alt. */
export const isShortcut = ({ ctrlKey, metaKey, altKey }) => ctrlKey || metaKey || altKey;
