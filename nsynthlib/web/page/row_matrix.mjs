/** The twelve-tone matrix: primes from left to right, inversions downwards, and the form that is heard marked in it. */
import { make } from "./dom.mjs";

/** The places `[row, column]` of a form in the order in which it is heard. */
function placesOf(matrix, form, transposed) {
  const first = (matrix[0][0] + transposed) % 12;
  const across = !form.includes("I");
  const line = across ? matrix.findIndex((row) => row[0] === first) : matrix[0].indexOf(first);
  const places = Array.from({ length: 12 }, (_, i) => (across ? [line, i] : [i, line]));
  return form.includes("R") ? places.reverse() : places;
}

/** The matrix as a panel of a figure with `matrix`; `nameOf` names a pitch class. */
export const rowPanel = (nameOf) => (el) => {
  const table = make(el, "table", "nn-row-matrix");
  const caption = make(table, "caption", "");
  const body = make(table, "tbody", "");
  let [cells, piece] = [[], null];

  function show(figure, { form, transposed }) {
    const { matrix } = (piece = figure);
    body.replaceChildren();
    const rows = matrix.map((row) => {
      const line = make(body, "tr", "");
      return row.map((pitch) => make(line, "td", "", {}, nameOf(pitch)));
    });
    cells = placesOf(matrix, form, transposed).map(([row, column]) => rows[row][column]);
    for (const [i, cell] of cells.entries()) {
      cell.classList.add("nn-in-form");
      cell.setAttribute("aria-label", `${cell.textContent}, note ${i + 1} of ${form}${transposed}`);
    }
    const way = { P: "from left to right", R: "from right to left", I: "downwards", RI: "upwards" }[form];
    caption.textContent = `${form}${transposed} is read ${way} where it is marked.`;
  }

  function at(seconds) {
    const sounding = seconds === null ? -1 : piece.notes.findLastIndex(([start]) => start <= seconds);
    for (const [i, cell] of cells.entries()) cell.classList.toggle("nn-sounds-now", i === sounding);
  }

  return { show, canvas: table, repaint: () => {}, at };
};
