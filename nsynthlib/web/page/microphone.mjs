/** The reader's microphone. */

/** What to say of one that cannot be had; `otherwise` is what the reader can do without it. */
const REFUSALS = {
  NotAllowedError: (otherwise) =>
    `The microphone was not allowed; allow it in the browser's address bar, or ${otherwise}.`,
  NotFoundError: (otherwise) => `No microphone was found; ${otherwise} instead.`,
  NotReadableError: (otherwise) => `The microphone is in use by another program; close that, or ${otherwise}.`,
};

/** The microphone's sound, as it is: no echo, noise or level is corrected. */
export async function openMicrophone(otherwise) {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new Error(`This browser gives no page opened this way a microphone; ${otherwise} instead.`);
  }
  const asItIs = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  return navigator.mediaDevices.getUserMedia({ audio: asItIs }).catch((error) => {
    const words = REFUSALS[error.name]?.(otherwise);
    throw new Error(words ?? `The microphone could not be opened: ${error.message}`);
  });
}
