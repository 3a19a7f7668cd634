/** Sound to picture and back: pure functions that mirror `nsynthlib/spectral/` and are tested against it. */
export * from "./stft.mjs";
export * from "./phase.mjs";
export * from "./mel.mjs";
export * from "./wav.mjs";
