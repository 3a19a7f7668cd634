"""Begin a chapter: ``python tools/new_chapter.py 11_reverb "Rooms"`` writes `chapters/11_reverb.ipynb`.

The notebook holds one of each thing that every chapter has, in order, and words in capitals where yours go. Run it with
``python tools/store_chapters.py chapters/11_reverb.ipynb``, and name it in `_toc.yml`.
"""

import argparse
import re
import sys
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from store_chapters import CHAPTERS, METADATA, SETUP, write

OPENING = """\
# {title}

SAY IN THREE SENTENCES WHAT THIS CHAPTER IS ABOUT. Begin with your ears: move *Hop length* and play the sound."""
WIDGET = """\
from nsynthlib import widgets
from nsynthlib.data import pocket

note = pocket().filter(family="organ")[0]
widgets.stft_explorer(note)"""
OBJECTIVES = """\
SAY WHAT WAS HEARD AND SEEN.

**In this chapter you will**

- FIRST THING THAT A READER CAN DO AFTERWARDS
- SECOND THING
- THIRD THING
- FOURTH THING

You need {{doc}}`01_sampling`. It takes about AN HOUR.

## FIRST SECTION

An amplitude $a$ is a level of

$$ L = 20 \\log_{{10}} a $$ ({label}-level)

decibels. {{eq}}`{label}-level` is computed below."""
NUMBERS = """\
import numpy as np

for amplitude in (1.0, 0.5, 0.25):
    print(f"{amplitude:4.2f} {20 * np.log10(amplitude):6.2f} dB")"""
FIGURE = """\
import matplotlib.pyplot as plt

from nsynthlib import plots

fig, ax = plt.subplots(figsize=(7, 2.4), layout="constrained")
plots.waveform(note.audio, ax=ax)
plt.show()"""
CAPTION = "FIGURE'S CAPTION: what is drawn, and what a reader should notice in it."
ALT = "THE FIGURE IN WORDS, for those who do not see it: what shape the curve has, from where to where, in which units."
EXERCISES = """\
## Exercises

**1. Predict, then check.** Write down your answer before you open the solution: what is the level of an amplitude of
0.1, by {{eq}}`{label}-level`?"""
SOLUTION = """\
# Solution 1: a tenth is one step of 20 dB.
print(f"{20 * np.log10(0.1):.1f} dB")"""
QUIZ = """\
## Check yourself

Open an answer to see whether it is right, and why.

**Half the amplitude: how many decibels less?**

<details><summary>About 6 dB</summary>

Yes. The logarithm of a half, times 20, is -6.02.

</details>

<details><summary>About 3 dB</summary>

No. That is half the power. Power goes with the square of the amplitude.

</details>

<details><summary>Half as many decibels</summary>

No. Decibels are logarithms: a factor of the amplitude is a step in decibels, wherever it begins.

</details>

## What to remember

- FIRST SENTENCE
- SECOND SENTENCE
- THIRD SENTENCE
- FOURTH SENTENCE

**Further reading.** WHAT TO READ, AND WHY {cite:p}`engel2017nsynth`."""


def template(name: str, title: str) -> NotebookNode:
    """A chapter that has one of each; ``name`` begins the names of its figure and its equation."""
    label = re.sub(r"^\d+\w?_", "", name).replace("_", "-")
    hidden, folded = {"tags": ["hide-input"]}, {"tags": ["hide-cell"]}
    figure = {"mystnb": {"figure": {"caption": CAPTION, "name": f"fig-{label}"}, "image": {"alt": ALT}}}
    cells = [
        new_markdown_cell(OPENING.format(title=title)),
        new_code_cell(SETUP, metadata=hidden),
        new_code_cell(WIDGET, metadata=hidden),
        new_markdown_cell(OBJECTIVES.format(label=label)),
        new_code_cell(NUMBERS),
        new_code_cell(FIGURE, metadata=figure),
        new_markdown_cell(EXERCISES.format(label=label)),
        new_code_cell(SOLUTION, metadata=folded),
        new_markdown_cell(QUIZ),
    ]
    for number, cell in enumerate(cells):
        cell.id = f"{label}-{number}"
    return new_notebook(metadata=METADATA, cells=cells)


def main(arguments: list[str] | None = None, folder: Path = CHAPTERS) -> None:
    parser = argparse.ArgumentParser(description="Begin a chapter that has one of each thing that every chapter has.")
    parser.add_argument("name", help="of its file, without the ending: digits, _ and letters, as in 11_reverb")
    parser.add_argument("title")
    options = parser.parse_args(arguments)
    if not re.fullmatch(r"\d\d[a-z]?_[a-z][a-z_]{0,40}", options.name):
        sys.exit(f"{options.name!r}: is no name of a chapter; give two digits, _ and small letters, as in 11_reverb")
    path = folder / f"{options.name}.ipynb"
    if path.exists():
        sys.exit(f"{path}: exists already; choose another name")
    write(template(options.name, options.title), path)
    print(f"{path}: fill it in, name it in _toc.yml, and store it:  python tools/store_chapters.py {path}")


if __name__ == "__main__":
    main()
