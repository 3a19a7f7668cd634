/** Samples as they come with a widget: a DataView, whose place in its buffer may be odd. */

export const copied = ({ buffer, byteOffset, byteLength }) => buffer.slice(byteOffset, byteOffset + byteLength);

/** Samples of 16 bits. */
export const readSamples = (view) => new Int16Array(copied(view));
