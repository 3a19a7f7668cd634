"""Run the chapters and store them the way they are tested.

    python tools/store_chapters.py            run every chapter and store it
    python tools/store_chapters.py --check    run nothing; name what is stored wrongly
    python tools/store_chapters.py --strip    run nothing; drop what is not text, as a commit does
    python tools/store_chapters.py chapters/02_stft.ipynb    one chapter only

A stored chapter is executed and holds text outputs only. Then `pytest --nbval` compares every printed
number, a change shows as a few lines, and the pictures are made afresh when the book is built.
"""

import argparse
import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

CHAPTERS = Path(__file__).resolve().parent.parent / "chapters"
LARGEST = 200_000  # bytes
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
CELL_METADATA = ("mystnb", "tags")

# The first code cell of every chapter.
SETUP = """\
# Set-up. Where nsynthlib is installed, this does nothing.
import importlib.util

if importlib.util.find_spec("nsynthlib") is None:
    raise SystemExit("nsynthlib is missing. In the book's folder, where pyproject.toml is, run:  pip install .")"""


def code_cells(chapter: NotebookNode) -> list[NotebookNode]:
    """The cells that run."""
    return [cell for cell in chapter.cells if cell.cell_type == "code"]


def text_only(output: NotebookNode) -> NotebookNode | None:
    """What is stored of an output: its text on stdout or its plain text; of anything else nothing."""
    if output.output_type == "stream":
        return output if output.name == "stdout" else None
    text = output.get("data", {}).get("text/plain")
    if text is None:
        return None
    kept = nbformat.v4.new_output(output.output_type, {"text/plain": text})
    if output.output_type == "execute_result":
        kept.execution_count = output.execution_count
    return kept


def normalise(chapter: NotebookNode) -> NotebookNode:
    """The same executed chapter with text outputs only and none of an editor's metadata."""
    stored = nbformat.from_dict(chapter)
    stored.metadata = nbformat.from_dict(METADATA)
    for cell in stored.cells:
        cell.metadata = nbformat.from_dict({key: cell.metadata[key] for key in CELL_METADATA if key in cell.metadata})
    for cell in code_cells(stored):
        cell.outputs = [kept for output in cell.outputs if (kept := text_only(output)) is not None]
    return stored


def write(chapter: NotebookNode, path: Path) -> None:
    """Write a notebook so that an interruption leaves the old one or the new one."""
    nbformat.validate(chapter)
    draft = path.with_suffix(".part")
    draft.write_text(nbformat.writes(chapter) + "\n", encoding="utf-8")
    os.replace(draft, path)


def store(path: Path) -> None:
    """Run one chapter in its own folder and store it."""
    chapter = nbformat.read(path, as_version=4)
    client = NotebookClient(
        chapter,
        timeout=1800,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        store_widget_state=False,
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute()
    write(normalise(chapter), path)


def strip(path: Path) -> None:
    """Drop from a notebook what is not stored of an output, and an editor's metadata; nothing is run."""
    chapter = nbformat.read(path, as_version=4)
    if (stripped := normalise(chapter)) != chapter:
        write(stripped, path)


def problems(path: Path) -> list[str]:
    """Each way in which a stored chapter breaks the rules, in one line."""
    found = []
    if path.stat().st_size > LARGEST:
        found.append(f"{path.stat().st_size} bytes; {LARGEST} at most")
    chapter = nbformat.read(path, as_version=4)
    cells = code_cells(chapter)
    if not cells or cells[0].source != SETUP:
        found.append("the first code cell is not the set-up cell")
    unordered = [number for number, cell in enumerate(cells, start=1) if cell.execution_count != number]
    if unordered:
        found.append(f"not run, or not in order: code cells {', '.join(map(str, unordered))}")
    for number, cell in enumerate(cells, start=1):
        if any(output.output_type == "error" for output in cell.outputs):
            found.append(f"code cell {number}: holds an error")
    if not any(cell.outputs for cell in cells):
        found.append("no output is stored, so nothing would be compared")
    if normalise(chapter) != chapter:
        found.append("holds more than text outputs (pictures, players, widgets, stderr) or an editor's metadata")
    return found


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Run the chapters and store them the way they are tested.")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--check", action="store_true", help="run nothing; name what is stored wrongly")
    instead.add_argument("--strip", action="store_true", help="run nothing; drop what is not text")
    parser.add_argument("chapters", nargs="*", type=Path, help="notebooks; every chapter if none is named")
    options = parser.parse_args(arguments)
    paths = options.chapters or sorted(CHAPTERS.glob("*.ipynb"))
    failed = not paths
    for path in paths:
        if options.strip:
            strip(path)
            continue
        if not options.check:
            print(f"{path.name} ...", flush=True)
            try:
                store(path)
            except CellExecutionError as error:
                print(error, file=sys.stderr)
                failed = True
                continue
        for problem in problems(path):
            print(f"{path.name}: {problem}", file=sys.stderr)
            failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
