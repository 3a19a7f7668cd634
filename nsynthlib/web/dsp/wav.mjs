/** Levels of a sound, and a sound as a file. Nothing here ever changes how loud a sound is. */

/** Peak and root mean square of `audio`, as amplitudes (full scale is 1). */
export function levels(audio) {
  let peak = 0;
  let sum = 0;
  for (const value of audio) {
    peak = Math.max(peak, Math.abs(value));
    sum += value * value;
  }
  return { peak, rms: Math.sqrt(sum / audio.length) };
}

/** `audio` in [-1, 1] as the bytes of a mono WAV file of 16-bit samples; what lies beyond full scale is clipped. */
export function encodeWav(audio, sampleRate) {
  const bytes = new ArrayBuffer(44 + 2 * audio.length);
  const view = new DataView(bytes);
  const write = (at, text) => [...text].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  write(0, "RIFF");
  view.setUint32(4, 36 + 2 * audio.length, true);
  write(8, "WAVEfmt ");
  view.setUint32(16, 16, true); // bytes of the format block
  view.setUint16(20, 1, true); // integer samples
  view.setUint16(22, 1, true); // one channel
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, 2 * sampleRate, true); // bytes a second
  view.setUint16(32, 2, true); // bytes a frame
  view.setUint16(34, 16, true); // bits a sample
  write(36, "data");
  view.setUint32(40, 2 * audio.length, true);
  for (let i = 0; i < audio.length; i++) {
    view.setInt16(44 + 2 * i, Math.max(-32768, Math.min(32767, Math.round(audio[i] * 32768))), true);
  }
  return bytes;
}
