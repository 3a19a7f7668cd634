"""Chapters about composing, sound, learning and playing have what every one promises: sounds, exercises, a quiz."""

import re

import nbformat
import pytest
from helpers import ROOT
from nbformat import NotebookNode

NAMES = (
    "00_composers",
    "01_sampling",
    "02_stft",
    "03_mel",
    "04_synthesis",
    "05_learning",
    "05b_neural_audio",
    "10_playing",
)
CITED = re.compile(r"\{cite:p\}`([^`]+)`")
ANSWER = re.compile(r"<details><summary>(.+?)</summary>\n\n(.+?)\n\n</details>\n", re.DOTALL)  # blank: read as prose


class Chapter:
    """A stored chapter, taken apart."""

    def __init__(self, name: str) -> None:
        self.cells = nbformat.read(ROOT / "chapters" / f"{name}.ipynb", as_version=4).cells
        self.code = [cell for cell in self.cells if cell.cell_type == "code"]
        self.prose = "\n\n".join(cell.source for cell in self.cells if cell.cell_type == "markdown")

    def section(self, title: str) -> str:
        """The prose under a heading, up to the next of its kind."""
        return self.prose.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]

    def figures(self) -> list[NotebookNode]:
        return [cell for cell in self.code if cell.source.rstrip().endswith(("plt.show()", "scratch.cleanup()"))]


@pytest.fixture(scope="module", params=NAMES)
def chapter(request) -> Chapter:
    return Chapter(request.param)


def printed(cell: NotebookNode) -> str:
    """What a cell says in text, which is what a test run compares."""
    return "\n".join(o.get("text") or o.get("data", {}).get("text/plain", "") for o in cell.outputs)


def test_something_to_hear_or_to_move_comes_before_anything_else(chapter):
    """One paragraph, the set-up, the sound or the explorer; only then what the chapter is about."""
    kinds = [cell.cell_type for cell in chapter.cells[:4]]
    assert kinds == ["markdown", "code", "code", "markdown"]
    assert len(chapter.cells[0].source) < 700
    assert re.match(r"Players?\(|\w+Explorer\(", printed(chapter.cells[2]))
    objectives = chapter.cells[3].source.split("**In this chapter you will**\n\n", 1)[1].split("\n\n", 1)[0]
    assert len(re.findall(r"^- ", objectives, re.MULTILINE)) >= 4
    assert re.search(r"You (?:need|should)", chapter.cells[3].source)


def test_equations_are_numbered_and_referred_to(chapter):
    labels = re.findall(r"\$\$ \((\S+)\)$", chapter.prose, re.MULTILINE)
    assert len(labels) >= 4
    assert chapter.prose.count("$$") == 2 * len(labels), "an equation without a label"
    assert [label for label in labels if f"{{eq}}`{label}`" not in chapter.prose] == []


def test_sources_are_named(chapter):
    keys = {key for found in CITED.findall(chapter.prose) for key in found.split(",")}
    known = set(re.findall(r"^@\w+\{(\w+),", (ROOT / "book" / "references.bib").read_text(), re.MULTILINE))
    assert len(keys) >= 5
    assert keys <= known
    assert CITED.search(chapter.section("What to remember").split("**Further reading.**", 1)[1])


def test_figures_have_a_caption_a_name_and_words_for_those_who_do_not_see_them(chapter):
    assert len(chapter.figures()) >= 5
    for cell in chapter.figures():
        about = cell.metadata["mystnb"]
        assert len(about["figure"]["caption"]) > 40
        assert about["figure"]["name"].startswith("fig-")
        assert len(about["image"]["alt"]) > 80


def test_cells_are_short_and_fit_a_page(chapter):
    for cell in chapter.code[1:]:
        lines = cell.source.splitlines()
        assert len(lines) <= 40, lines[0]
        assert [line for line in lines if len(line) > 78] == []


def test_there_is_something_to_move(chapter):
    assert [
        cell
        for cell in chapter.code
        if re.search(r"^widgets\.(?:\w+_explorer|instrument)\(", cell.source, re.MULTILINE)
    ]


def test_exercises_have_executed_solutions_that_fold(chapter):
    tasks = re.findall(r"^\*\*(\d)\. ", chapter.section("Exercises"), re.MULTILINE)
    solutions = [cell for cell in chapter.code if "hide-cell" in cell.metadata.get("tags", [])]
    assert len(tasks) == len(solutions) >= 3
    for number, cell in zip(tasks, solutions, strict=True):
        assert cell.source.startswith(f"# Solution {number}")
        assert re.search(r"\w", printed(cell))
        assert cell.execution_count


@pytest.mark.parametrize("name", ["01_sampling"])
def test_exercises_ask_to_predict_to_make_and_to_write_code_that_tests_itself(name):
    chapter = Chapter(name)
    exercises = chapter.section("Exercises")
    assert "Predict, then check" in exercises
    assert "There is no right answer" in exercises
    (gap,) = [cell for cell in chapter.code if "# replace this line" in cell.source]
    assert gap.source.count("assert ") >= 3
    assert printed(gap).startswith("Not yet: ")
    assert [cell for cell in chapter.code if printed(cell) == "All tests pass.\n"]


def test_sampling_opens_with_music_speech_and_drums_to_move():
    opening = Chapter("01_sampling").cells[2]
    assert printed(opening).startswith("SamplingExplorer(")
    for sound in ("phrase()", "formant_speech()", "drum_loop()"):
        assert sound in opening.source


def test_the_quiz_explains_every_answer_without_a_kernel(chapter):
    questions = re.split(r"^\*\*(?=\S)", chapter.section("Check yourself"), flags=re.MULTILINE)[1:]
    assert len(questions) >= 4
    for question in questions:
        answers = ANSWER.findall(question)
        right = [words for _, words in answers if words.startswith(("Yes", "Right"))]
        wrong = [words for _, words in answers if words.startswith("No. ")]
        assert (len(right), len(wrong)) == (1, len(answers) - 1), question
        assert len(wrong) >= 2
        assert min(len(words) for words in wrong) > 30


def test_it_ends_with_what_to_remember(chapter):
    assert len(re.findall(r"^- ", chapter.section("What to remember"), re.MULTILINE)) >= 4


def test_a_run_compares_many_numbers(chapter):
    numbers = [number for cell in chapter.code for number in re.findall(r"-?\d+\.\d+", printed(cell))]
    assert len(set(numbers)) >= 20


def test_every_figure_of_the_thesis_has_a_successor():
    """Those of its chapters 2 to 4, each by a figure that the book draws."""
    table = (ROOT / "book" / "thesis_figures.md").read_text()
    rows = {row.split("\n", 1)[0]: row for row in table.split("* - Figure ")[1:]}
    composers, synthesis = ["2.1", "2.2", "2.3", "2.4"], ["2.5", "2.6", "2.7"]
    sound, learning = [f"3.{n}" for n in range(1, 13)], [f"4.{n}" for n in range(1, 5)]
    assert list(rows) == composers + sound + synthesis + learning
    names = [path.stem for path in (ROOT / "chapters").glob("*.ipynb")]
    cells = [cell for name in names for cell in Chapter(name).code if "figure" in cell.metadata.get("mystnb", {})]
    drawn = {"fig-book", *(cell.metadata["mystnb"]["figure"]["name"] for cell in cells)}  # the first one on the cover
    for row in rows.values():
        named = re.findall(r"\{numref\}`([^`]+)`", row)
        assert named
        assert set(named) <= drawn
