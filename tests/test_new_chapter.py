"""A chapter that is begun from the template has what every chapter has, and chapters are stripped to their text."""

import re

import nbformat
import pytest
import yaml
from helpers import ROOT
from nbformat.v4 import new_code_cell, new_notebook, new_output
from new_chapter import main
from store_chapters import METADATA, problems, store
from store_chapters import main as store_main
from test_part_one import ANSWER, CITED, printed


@pytest.fixture(scope="module")
def chapter(tmp_path_factory):
    """As it is stored after a run."""
    folder = tmp_path_factory.mktemp("chapters")
    main(["11_reverb", "Rooms"], folder)
    store(folder / "11_reverb.ipynb")
    return folder / "11_reverb.ipynb"


def test_it_is_stored_by_the_rules(chapter):
    assert problems(chapter) == []


def test_it_has_one_of_each(chapter):
    cells = nbformat.read(chapter, as_version=4).cells
    prose = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    code = [cell for cell in cells if cell.cell_type == "code"]
    assert [cell.cell_type for cell in cells[:4]] == ["markdown", "code", "code", "markdown"]
    assert prose.startswith("# Rooms\n")
    assert re.match(r"\w+Explorer\(", printed(code[1]))
    assert (
        len(re.findall(r"^- ", prose.partition("**In this chapter you will**")[2].partition("You need")[0], re.M)) == 4
    )
    (label,) = re.findall(r"\$\$ \((\S+)\)$", prose, re.M)
    assert f"{{eq}}`{label}`" in prose
    (figure,) = [cell.metadata["mystnb"] for cell in code if "mystnb" in cell.metadata]
    assert figure["figure"]["name"] == "fig-reverb"
    assert len(figure["figure"]["caption"]) > 40
    assert len(figure["image"]["alt"]) > 80
    assert "Predict, then check" in prose
    (solution,) = [cell for cell in code if "hide-cell" in cell.metadata.get("tags", [])]
    assert solution.source.startswith("# Solution 1")
    assert printed(solution) == "-20.0 dB\n"
    assert [words.split(".")[0] for _, words in ANSWER.findall(prose)] == ["Yes", "No", "No"]
    assert prose.index("## Exercises") < prose.index("## Check yourself") < prose.index("## What to remember")
    (key,) = CITED.findall(prose)
    assert f"{{{key}," in (ROOT / "book" / "references.bib").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["reverb", "11_Reverb", "../11_reverb"])
def test_a_name_that_is_none_is_refused_in_one_line(tmp_path, name):
    with pytest.raises(SystemExit, match="is no name of a chapter") as error:
        main([name, "Rooms"], tmp_path)
    assert "\n" not in str(error.value)


def test_what_is_there_is_not_overwritten(chapter):
    before = chapter.read_bytes()
    with pytest.raises(SystemExit, match="exists already"):
        main(["11_reverb", "Other"], chapter.parent)
    assert chapter.read_bytes() == before


def test_stripping_drops_what_is_not_text_and_runs_nothing(tmp_path):
    drawn = new_output("display_data", {"image/png": "iVBORw0KGgo=", "text/plain": "<Figure>"})
    said = new_output("stream", name="stderr", text="careful\n")
    cell = new_code_cell("raise SystemError", execution_count=3, outputs=[drawn, said], metadata={"scrolled": True})
    path = tmp_path / "chapter.ipynb"
    nbformat.write(new_notebook(cells=[cell], metadata={**METADATA, "widgets": {}}), path)
    assert store_main(["--strip", str(path)]) == 0
    stripped = nbformat.read(path, as_version=4)
    assert stripped.cells[0].outputs == [new_output("display_data", {"text/plain": "<Figure>"})]
    assert (stripped.cells[0].execution_count, stripped.cells[0].metadata) == (3, {})
    assert stripped.metadata == METADATA
    before = path.stat().st_mtime_ns
    assert store_main(["--strip", str(path)]) == 0
    assert path.stat().st_mtime_ns == before


def test_hooks_call_what_is_here_and_fetch_nothing():
    (repo,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert repo["repo"] == "local"
    pins = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    for hook in repo["hooks"]:
        program, *rest = hook["entry"].split()
        assert hook["language"] == "system"
        assert program.startswith(".venv/bin/")
        assert program.endswith("python") or f"\n{program.rsplit('/', 1)[1]}==" in pins
        assert all((ROOT / part).exists() for part in rest if part.endswith(".py"))
    stripping = next(hook for hook in repo["hooks"] if hook["id"] == "strip-chapters")
    assert all(re.search(stripping["files"], f"chapters/{path.name}") for path in (ROOT / "chapters").glob("*.ipynb"))
