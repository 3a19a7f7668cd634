"""Each construct of MyST against the Markdown that a reader of a notebook should get, written by hand."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from notebook_cells import setup_source, written
from plain_markdown import NotPlain, Resolved, plain

SITE = "https://ada.example/notes/"
PAGE = Resolved(
    "chapters/a.html",
    {
        ":term:`pitch classes <pitch class>`": [("pitch classes", "book/glossary.html#term-pitch-class")],
        ":doc:`b`": [("The [b] of *x*", "chapters/b.html")],
        ":cite:p:`grey1975,engel2017`": [
            ("(", None),
            ("Grey, 1975", "book/references.html#id1"),
            (", ", None),
            ("Engel et al., 2017", "book/references.html#id2"),
            (")", None),
        ],
        ":eq:`sine`": [("(3)", "chapters/a.html#equation-sine")],
        ":eq:`other`": [("(9)", "chapters/b.html#equation-other")],
        ":numref:`fig-a`": [("Fig. 3", "chapters/a.html#fig-a")],
    },
    {"sine": "3", "sum": "4"},
    {"fig-a": "Fig. 3"},
)
TERM = "[pitch classes](https://ada.example/notes/book/glossary.html#term-pitch-class)"


@pytest.mark.parametrize(
    ("myst", "markdown"),
    [
        pytest.param("Two {term}`pitch classes <pitch class>`.", f"Two {TERM}.", id="term"),
        pytest.param("Two {term}`pitch classes\n<pitch class>`.", f"Two {TERM}.", id="over two lines"),
        pytest.param(
            "See {doc}`b`.", r"See [The &#91;b&#93; of \*x\*](https://ada.example/notes/chapters/b.html).", id="chapter"
        ),
        pytest.param(
            "So {cite:p}`grey1975,engel2017`",
            "So ([Grey, 1975](https://ada.example/notes/book/references.html#id1), "
            "[Engel et al., 2017](https://ada.example/notes/book/references.html#id2))",
            id="sources",
        ),
        pytest.param("By {eq}`sine` and {numref}`fig-a`", "By (3) and Fig. 3", id="on this page"),
        pytest.param(
            "By {eq}`other`", "By [(9)](https://ada.example/notes/chapters/b.html#equation-other)", id="another page's"
        ),
        pytest.param("$$x = 1$$ (sine)", r"$$x = 1 \tag{3}$$", id="equation"),
        pytest.param("$$\nx\n$$ (sum)\n\n$$y$$", "$$\nx \\tag{4}\n$$\n\n$$y$$", id="two, one without a number"),
        pytest.param("Costs $2$ (two)", "Costs $2$ (two)", id="no equation"),
        pytest.param("`{term}`, ``{eq}`sine` ``", "`{term}`, ``{eq}`sine` ``", id="code"),
        pytest.param("```python\n'{eq}`sine`'\n```", "```python\n'{eq}`sine`'\n```", id="a block of code"),
    ],
)
def test_a_construct(myst, markdown):
    assert plain(myst, PAGE, SITE) == markdown


def test_without_a_site_there_are_no_links():
    source = "{term}`pitch classes <pitch class>` {cite:p}`grey1975,engel2017` {eq}`other`"
    assert plain(source, PAGE, None) == "pitch classes (Grey, 1975, Engel et al., 2017) (9)"


@pytest.mark.parametrize(
    ("myst", "fault"),
    [
        ("{term}`unknown`", "nothing is known of :term:`unknown`"),
        ("$$x$$ (unknown)", "the equation unknown has no number"),
        ("```{note}\nx\n```", "a directive"),
        (":::{note}\nx\n:::", "a directive"),
        ("(place)=\n# A", "a target"),
        ("% a comment", "a comment"),
        ("{{ name }}", "a substitution"),
        ("word\n: its meaning", "a list of definitions"),
        ("Well[^1]", "a footnote"),
        ("[there](b.md)", "a link to a file of the book"),
        ("![picture](b.png)", "a link to a file of the book"),
    ],
)
def test_what_cannot_be_said_is_told(myst, fault):
    with pytest.raises(NotPlain, match=fault):
        plain(myst, PAGE, SITE)


def chapter():
    figure = {"caption": "A {term}`pitch classes <pitch class>`.", "name": "fig-a"}
    return new_notebook(
        cells=[
            new_markdown_cell("# Title\n\nFirst words."),
            new_code_cell("# Set-up.\nimport sys", execution_count=1),
            new_code_cell("draw()", metadata={"mystnb": {"figure": figure}}, execution_count=2),
            new_code_cell(
                "# Solution 2: a line\n1 + 1",
                metadata={"tags": ["hide-cell"]},
                execution_count=3,
                outputs=[new_output("execute_result", {"text/plain": "2"}, execution_count=3)],
            ),
        ]
    )


def test_a_chapter_becomes_a_notebook():
    cells = written(chapter(), PAGE, SITE, ["nsynthlib-1-py3-none-any.whl"]).cells
    assert [cell.cell_type for cell in cells] == ["markdown", "code", "code", "markdown", "code"]
    assert cells[0].source.splitlines()[0] == "# Title"
    assert f"({SITE}chapters/a.html)" in cells[0].source
    assert cells[0].source.endswith("\n\nFirst words.")
    assert cells[1].source == "#@title Set-up\n" + setup_source(SITE, ["nsynthlib-1-py3-none-any.whl"])
    assert "nbval-ignore-output" in cells[1].metadata["tags"]
    assert cells[2].metadata == {}
    assert cells[3].source == f"**Fig. 3** A {TERM}."


def test_a_solution_is_folded_with_what_it_prints():
    """By the keys of JupyterLab, of Colab and of Kaggle; the code behind the title, and its output, stay."""
    cell = written(chapter(), PAGE, SITE, []).cells[-1]
    assert cell.source == "#@title Solution 2\n# Solution 2: a line\n1 + 1"
    assert cell.metadata["jupyter"] == {"source_hidden": True, "outputs_hidden": True}
    assert cell.metadata["cellView"] == "form"
    assert cell.metadata["_kg_hide-input"] is cell.metadata["_kg_hide-output"] is True
    assert cell.outputs[0]["data"] == {"text/plain": "2"}


def test_without_a_site_the_set_up_cell_stays():
    cells = written(chapter(), PAGE, None, ["nsynthlib-1-py3-none-any.whl"]).cells
    assert cells[1].source == "# Set-up.\nimport sys"
    assert cells[0].source == "# Title\n\nFirst words."


def test_what_trains_asks_colab_for_a_gpu():
    training = chapter()
    assert "accelerator" not in written(training, PAGE, SITE, []).metadata
    training.cells.append(new_code_cell('settings = training.recipe("cvae")'))
    assert written(training, PAGE, SITE, []).metadata["accelerator"] == "GPU"
