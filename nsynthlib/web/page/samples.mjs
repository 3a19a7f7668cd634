/** Sound as it comes with a widget. */

/** Samples of 16 bits from a widget's bytes (DataView), whose place in their buffer may be odd. */
export const readSamples = ({ buffer, byteOffset, byteLength }) =>
  new Int16Array(buffer.slice(byteOffset, byteOffset + byteLength));
