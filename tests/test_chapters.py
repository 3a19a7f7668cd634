"""The chapters are stored so that `pytest --nbval` compares something, and it notices one changed digit."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
import yaml
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from store_chapters import CHAPTERS, LARGEST, METADATA, SETUP, code_cells, main, problems, store

ROOT = CHAPTERS.parent
STORED = sorted(CHAPTERS.glob("*.ipynb"))


def made_up() -> NotebookNode:
    """A small chapter, stored as it should be."""
    printing = new_code_cell("print(0.25 * 3)", execution_count=2, outputs=[new_output("stream", text="0.75\n")])
    setup = new_code_cell(SETUP, execution_count=1)
    return new_notebook(metadata=METADATA, cells=[new_markdown_cell("# A chapter"), setup, printing])


def write(chapter: NotebookNode, path: Path) -> Path:
    nbformat.write(chapter, path)
    return path


def run_nbval(notebook: Path) -> subprocess.CompletedProcess[str]:
    """Test one notebook outside the repository, by the repository's rules for comparing."""
    shutil.copy(ROOT / "conftest.py", notebook.parent)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--color=no", "--nbval"]
    command += ["--nbval-sanitize-with", str(ROOT / "tests" / "nbval.cfg"), notebook.name]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    return subprocess.run(command, cwd=notebook.parent, env=environment, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_chapter_is_stored_by_the_rules(path):
    assert problems(path) == []


def test_the_table_of_contents_names_every_chapter():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    named = [entry["file"] for part in toc["parts"] for entry in part["chapters"]]
    told = [
        file for file in named if file.startswith("chapters/")
    ]  # in the order to read them, which is the book's affair
    assert sorted(told) == [f"chapters/{path.stem}" for path in STORED]
    assert STORED


def warning() -> NotebookNode:
    return new_output("stream", name="stderr", text="careful\n")


def drawing() -> NotebookNode:
    return new_output("display_data", {"image/png": "iVBORw0KGgo=", "text/plain": "<Figure>"})


WIDGETS = {"application/vnd.jupyter.widget-state+json": {"state": {}}}
SPOILED = {
    "not run": (lambda c: c.cells[2].update(execution_count=None), "not run, or not in order: code cells 2"),
    "out of order": (lambda c: c.cells[2].update(execution_count=7), "not run, or not in order: code cells 2"),
    "failed": (
        lambda c: c.cells[2].update(outputs=[new_output("error", ename="ValueError", evalue="no", traceback=[])]),
        "holds an error",
    ),
    "no outputs": (lambda c: c.cells[2].update(outputs=[]), "no output is stored"),
    "a picture": (lambda c: c.cells[2].outputs.append(drawing()), "more than text"),
    "a warning": (lambda c: c.cells[2].outputs.append(warning()), "more than text"),
    "a widget's state": (lambda c: c.metadata.update(widgets=WIDGETS), "more than text"),
    "another set-up": (lambda c: c.cells[1].update(source=c.cells[1].source + "\n"), "not the set-up cell"),
    "too long": (lambda c: c.cells[0].update(source="x" * (LARGEST + 20)), "at most"),
}


@pytest.mark.parametrize(("spoil", "complaint"), SPOILED.values(), ids=SPOILED)
def test_breaking_a_rule_is_noticed(tmp_path: Path, capsys, spoil: Callable[[NotebookNode], None], complaint: str):
    chapter = made_up()
    path = write(chapter, tmp_path / "chapter.ipynb")
    assert problems(path) == []
    assert main(["--check", str(path)]) == 0
    spoil(chapter)
    write(chapter, path)
    assert any(complaint in problem for problem in problems(path))
    assert main(["--check", str(path)]) == 1
    assert complaint in capsys.readouterr().err


def test_storing_keeps_text_only_and_is_repeatable(tmp_path):
    shown = """\
import sys
import ipywidgets, matplotlib.pyplot as plt
from IPython.display import Audio, display
print(0.5)
print("careful", file=sys.stderr)
plt.plot([0, 1])
plt.show()
display(Audio([0.0, 0.5], rate=8000, normalize=False))
ipywidgets.IntSlider(3)"""
    untidy = new_code_cell(shown, metadata={"tags": ["x"], "scrolled": True})
    chapter = new_notebook(cells=[new_code_cell(SETUP), untidy])
    path = write(chapter, tmp_path / "chapter.ipynb")
    store(path)
    first = path.read_bytes()
    assert problems(path) == []
    cell = code_cells(nbformat.read(path, as_version=4))[1]
    assert cell.metadata == {"tags": ["x"]}
    assert cell.outputs[0].text == "0.5\n"
    assert {key for output in cell.outputs for key in output.get("data", {})} == {"text/plain"}
    store(path)
    assert path.read_bytes() == first
    assert run_nbval(path).returncode == 0


def test_nbval_notices_a_changed_digit(tmp_path):
    chapter = made_up()
    path = write(chapter, tmp_path / "chapter.ipynb")
    right = run_nbval(path)
    assert right.returncode == 0, right.stdout
    chapter.cells[2].outputs[0].text = "0.76\n"
    write(chapter, path)
    wrong = run_nbval(path)
    assert wrong.returncode == 1
    assert "0.76" in wrong.stdout


def first_number(chapter: NotebookNode) -> tuple[int, NotebookNode]:
    """Where a chapter first prints a digit: the cell's place, and the output that holds it."""
    for place, cell in enumerate(chapter.cells):
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and re.search(r"\d", output.text):
                return place, output
    raise AssertionError("the chapter prints no number")


@pytest.mark.skipif(not STORED, reason="no chapter is stored")
def test_nbval_notices_a_changed_digit_in_a_real_chapter(tmp_path):
    chapters = [nbformat.read(path, as_version=4) for path in STORED]
    chapter = min(chapters, key=lambda chapter: first_number(chapter)[0])
    place, output = first_number(chapter)
    chapter.cells = chapter.cells[: place + 1]  # the rest would only take time
    output.text = re.sub(r"\d", lambda digit: str((int(digit[0]) + 1) % 10), output.text, count=1)
    wrong = run_nbval(write(chapter, tmp_path / "chapter.ipynb"))
    assert wrong.returncode == 1, wrong.stdout
    assert "Cell outputs differ" in wrong.stdout
    assert re.search(r"\b1 failed", wrong.stdout), wrong.stdout
