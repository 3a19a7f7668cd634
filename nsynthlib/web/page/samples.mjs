/** Numbers as they come with a widget: a DataView, whose place in its buffer may be odd. */

const copied = ({ buffer, byteOffset, byteLength }) => buffer.slice(byteOffset, byteOffset + byteLength);

/** Samples of 16 bits. */
export const readSamples = (view) => new Int16Array(copied(view));

export const readBytes = (view) => new Uint8Array(copied(view));

/** Numbers in single precision. */
export const readFloats = (view) => new Float32Array(copied(view));
