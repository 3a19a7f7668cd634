"""A stored chapter as the notebook that readers open in Colab, Kaggle or a Jupyter of their own.

Pure functions. Outputs stay as they are stored, so `pytest --nbval` compares a written notebook as it does a chapter.
"""

import re
from collections.abc import Sequence

import nbformat
from nbformat import NotebookNode
from plain_markdown import NotPlain, Resolved, plain

# `--no-deps` where all else is there already: Kaggle's image is Colab's with additions. Elsewhere pip adds what is
# missing, and changes only what is too old.
SETUP = """\
# Set-up. Where nsynthlib is installed, this does nothing.
import importlib.util
import os
import sys

if importlib.util.find_spec("nsynthlib") is None:
    site = "{site}"
    wheels = {wheels}
    if "google.colab" in sys.modules or "KAGGLE_KERNEL_RUN_TYPE" in os.environ:
        print("Installing nsynthlib; everything else is here and stays as it is.")
        options = "-q --no-deps"
    else:
        print(f"Installing nsynthlib and what it lacks into {{sys.prefix}}; without PyTorch this takes minutes.")
        options = "-q"
    get_ipython().run_line_magic("pip", " ".join(["install", options, *(site + wheel for wheel in wheels)]))
    importlib.invalidate_caches()
    if importlib.util.find_spec("nsynthlib") is None:
        raise SystemExit(f"nsynthlib was not installed. Can it be had from {{site}}? Kaggle: switch Internet on.")"""

# Colab gives a notebook that asks for it a GPU. Those ask that train.
TRAINING = "recipe("
GPU = {"accelerator": "GPU", "colab": {"gpuType": "T4"}}


def setup_source(site: str, wheels: Sequence[str]) -> str:
    """The set-up cell that installs these wheels from the folder ``notebooks/`` of the site."""
    lines = "".join(f'\n        "{wheel}",' for wheel in wheels)
    return SETUP.format(site=f"{site}notebooks/", wheels=f"[{lines}\n    ]")


def with_link(title: str, address: str) -> str:
    """The first cell, with a link to the chapter's page below its title."""
    heading, _, rest = title.partition("\n")
    note = f"*A chapter of the book Neural Notes. [On its page]({address}) the controls work without running anything.*"
    return f"{heading}\n\n{note}\n{rest}"


def fold(cell: NotebookNode) -> None:
    """Fold a cell that the page hides, in JupyterLab and Notebook 7, in Colab and in Kaggle, each by its own key.

    Colab folds what has a title, and shows it; ``hide-cell`` hides outputs as well, so that no solution is told.
    """
    tags = cell.metadata.get("tags", [])
    if "hide-input" not in tags and "hide-cell" not in tags:
        return
    found = re.match(r"# (Solution \d+|Set-up)", cell.source)
    cell.source = f"#@title {found[1] if found else 'Code'}\n{cell.source}"
    cell.metadata["cellView"] = "form"
    cell.metadata["_kg_hide-input"] = True
    cell.metadata["jupyter"] = {"source_hidden": True}
    if "hide-cell" in tags:
        cell.metadata["_kg_hide-output"] = True
        cell.metadata["jupyter"]["outputs_hidden"] = True
        cell.metadata["collapsed"] = True


def caption(cell: NotebookNode, resolved: Resolved, site: str | None) -> NotebookNode | None:
    """The caption of a cell's figure as a cell of its own, with the figure's number, or None."""
    figure = cell.metadata.get("mystnb", {}).get("figure", {})
    if "caption" not in figure:
        return None
    number = resolved.figures.get(figure.get("name"))
    if number is None:
        raise NotPlain(f"the figure {figure.get('name')} has no number")
    below = nbformat.v4.new_markdown_cell(f"**{number}** {plain(figure['caption'], resolved, site)}")
    below["id"] = f"{cell['id']}-caption"[-64:]
    return below


def written(chapter: NotebookNode, resolved: Resolved, site: str | None, wheels: Sequence[str]) -> NotebookNode:
    """The notebook to read and run anywhere: plain Markdown, captions below figures, hidden cells folded.

    Its set-up cell installs ``wheels`` from ``site``; without either it stays the chapter's own, which asks for the
    package. Raises NotPlain where the chapter holds what plain Markdown cannot say.
    """
    notebook = nbformat.from_dict(chapter)
    cells = []
    setup = next(cell for cell in notebook.cells if cell.cell_type == "code")
    if site and wheels:
        setup.source = setup_source(site, wheels)
        # What it says depends on the machine.
        setup.metadata["tags"] = ["hide-input", "nbval-ignore-output"]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            below = caption(cell, resolved, site)
            fold(cell)
            cell.metadata.pop("mystnb", None)
            cells += [cell] if below is None else [cell, below]
        else:
            cell.source = plain(cell.source, resolved, site)
            cells.append(cell)
    if site:
        cells[0].source = with_link(cells[0].source, f"{site}{resolved.page}")
    notebook.cells = cells
    if any(TRAINING in cell.source for cell in cells if cell.cell_type == "code"):
        notebook.metadata |= GPU
    nbformat.validate(notebook)
    return notebook
