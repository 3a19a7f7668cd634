/** Ticks of an axis. */

/** Round numbers from `min` to `max`, `most` of them at most, as places and labels with as many decimals as needed. */
export function makeTicks(min, max, most = 6) {
  const rough = (max - min) / (most - 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((size) => size * power).find((size) => size >= rough * (1 - 1e-9));
  const digits = [0, 1, 2, 3, 4, 5, 6].find((n) => Math.abs(step * 10 ** n - Math.round(step * 10 ** n)) < 1e-6) ?? 6;
  const first = Math.ceil(min / step - 1e-9);
  const count = Math.floor(max / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, i) => {
    const place = (first + i) * step;
    const label = Math.abs(place) < step / 2 ? "0" : place.toFixed(digits).replace("-", "\u2212");
    return [place, label];
  });
}
