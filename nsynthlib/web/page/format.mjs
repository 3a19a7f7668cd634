/** Numbers and settings in words, as every explorer says them. */
import constants from "../../constants.json" with { type: "json" };

/** A number with a real minus sign and a fixed number of decimals. */
export const fixed = (value, digits = 1) => value.toFixed(digits).replace(/^-(0\.?0*)$/, "$1").replace("-", "\u2212");
export const signed = (value, digits = 1) => (value > 0 ? "+" : "") + fixed(value, digits);
export const grouped = (value) => value.toLocaleString("en-GB");
export const capital = (text) => text[0].toUpperCase() + text.slice(1);

/** "513 frequencies × 251 frames = 128,763 numbers, 2.0 for each sample of the sound". */
export function describeSize({ rows, cols }, samples, what) {
  const numbers = rows * cols;
  const dense = fixed(numbers / samples, numbers < samples ? 2 : 1);
  return `${grouped(rows)} ${what} × ${grouped(cols)} frames = ${grouped(numbers)} numbers, ${dense} for each sample`;
}

/** "peak −12.3 dBFS, RMS −20.1 dBFS", and whether it had to be turned down to fit. */
export function describeLevels({ peak, rms, reduction_db: less }) {
  if (peak === 0) return "silence";
  const [top, mean] = [peak, rms].map((value) => `${fixed(20 * Math.log10(value))} dBFS`);
  return `peak ${top}, RMS ${mean}${less > 0 ? `, turned down by ${fixed(less)} dB so as not to clip` : ""}`;
}

/** A refusal, which names settings as Python does, in the words of the controls. */
export const inControlsWords = (line) =>
  capital(line.replace(/\b[a-z]+(?:_[a-z]+)+\b/g, (name) => constants.setting_names[name] ?? name));
