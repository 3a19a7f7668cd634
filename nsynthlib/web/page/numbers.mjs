/** Other numbers that come with a widget. */

import { copied } from "./samples.mjs";

export const readBytes = (view) => new Uint8Array(copied(view));

/** Numbers in single precision. */
export const readFloats = (view) => new Float32Array(copied(view));
