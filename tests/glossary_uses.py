"""Where a page's running text uses the terms of the glossary, and which of these uses are links."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nbformat
import yaml
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

BOOK = Path(__file__).parents[1]
LOOKED_UP = {"Reference", "The package"}  # parts of the table of contents

#: Forms that are not the term with an s behind it.
FORMS: Mapping[str, Sequence[str]] = {
    "aliasing": ["aliased"],
    "backpropagation": ["backpropagate", "backpropagated"],
    "conditioning": ["conditioned"],
    "convolution": ["convolutional"],
    "dither": ["dithered", "dithering"],
    "loss": ["losses"],
    "morphing": ["morph", "morphs", "morphed"],
    "Nyquist frequency": ["Nyquist frequencies"],
    "overfitting": ["overfit", "overfits", "overfitted"],
    "patch": ["patches"],
    "pitch": ["pitches"],
    "pitch class": ["pitch classes"],
    "principal components": ["principal component", "PCA"],
    "quantisation": ["quantise", "quantised", "quantises"],
    "reparameterisation": ["reparameterised"],
    "resampling": ["resample", "resampled", "resamples"],
    "velocity": ["velocities"],
}

#: Words that plain English uses in senses of its own. Linked where the glossary's is meant, which no rule finds.
EVERYDAY = {"beats", "breath", "loop", "loss", "patch", "release", "row", "weight"}
#: Phrases in which a technical word is not the glossary's term.
OTHERWISE = (
    "frame by frame",  # the frames of a codec
    "NSynth is a WaveNet",  # the model that is called like the data set
    "order of magnitude",
    "per cent",
    "called a prior",  # what is known of sounds, and no distribution of latent vectors
    "residual quantisation",  # of vectors, not of samples
)


@dataclass(frozen=True)
class Use:
    """One use of a term: the words as written, whether they are a link, and the text around them."""

    term: str
    words: str
    linked: bool
    before: str
    after: str  # begins with the words, or with nothing where they are a link


@cache
def terms() -> dict[str, str]:
    """Each name in the glossary, with the first name of its entry."""
    found: dict[str, str] = {}
    names: list[str] = []
    for line in (BOOK / "book/glossary.md").read_text(encoding="utf-8").split("```{glossary}")[1].splitlines():
        if line.startswith("  ") and names:
            found |= dict.fromkeys(names, names[0])
            names = []
        elif line and not line.startswith((" ", ":", "```")):
            names.append(line.strip())
    return found


def _forms(name: str) -> list[str]:
    """How a term may be written."""
    return [name, f"{name}s", *FORMS.get(name, [])]


@cache
def _pattern() -> re.Pattern[str]:
    """Any term in any form, the longest first, as a word of its own; everyday words are left out."""
    forms = [form for name in terms() if name not in EVERYDAY for form in _forms(name)]
    # What begins with a capital, or has one inside, is a name and is written so; the rest may begin a sentence.
    written = [
        re.escape(form) if re.search("[A-Z]", form) else f"[{form[0]}{form[0].upper()}]{re.escape(form[1:])}"
        for form in sorted(forms, key=len, reverse=True)
    ]
    spaced = "|".join(written).replace(r"\ ", r"[ \n]")
    return re.compile(rf"(?<![\w-])(?:{spaced})(?![\w-])")


@cache
def _names() -> dict[str, str]:
    """Each form in lower case, with the first name of its entry."""
    return {form.lower(): first for name, first in terms().items() for form in _forms(name)}


@cache
def _parser() -> MarkdownIt:
    settings = yaml.safe_load((BOOK / "_config.yml").read_text(encoding="utf-8"))
    return create_md_parser(
        MdParserConfig(enable_extensions=set(settings["parse"]["myst_enable_extensions"])), RendererHTML
    )


def source(page: str) -> str:
    """The Markdown of a page, named as in ``_toc.yml``: of a notebook, that of its text cells."""
    text, notebook = BOOK / f"{page}.md", BOOK / f"{page}.ipynb"
    if text.exists():
        return text.read_text(encoding="utf-8")
    cells = nbformat.read(notebook, 4).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def sections(markdown: str) -> list[str]:
    """A page's text, cut before each heading."""
    return re.split(r"(?m)^(?=#{1,3} )", markdown)


def read_pages() -> list[str]:
    """The pages that are read in order: the first one, and all but those that things are looked up in."""
    contents = yaml.safe_load((BOOK / "_toc.yml").read_text(encoding="utf-8"))
    parts = [part for part in contents["parts"] if part["caption"] not in LOOKED_UP]
    return [contents["root"], *(chapter["file"] for part in parts for chapter in part["chapters"])]


def _running(tokens: Sequence[Token]) -> Iterator[Token]:
    """The tokens that hold running text."""
    skipped = {"heading_open": "heading_close", "table_open": "table_close"}
    until, quiz = None, False
    for token in tokens:
        quiz = not re.search("</details>", token.content) if quiz else token.content.startswith("<details")
        if until is None and not quiz and token.type == "inline":
            yield token
        until = skipped.get(token.type, until) if until is None else None if token.type == until else until


def uses(markdown: str) -> Iterator[Use]:
    """Every use of a term in running text, in order."""
    parser = _parser()
    for paragraph in _running(parser.parse(markdown)):
        text, found, link = "", [], 0
        for part in paragraph.children or []:
            link += {"link_open": 1, "strong_open": 1, "link_close": -1, "strong_close": -1}.get(part.type, 0)
            if part.type == "myst_role" and part.meta["name"] == "term":
                target = re.search(r"<(.+)>$", part.content)
                found.append((len(text), target[1] if target else part.content, True))
            if part.type in ("text", "softbreak") and not link:
                text += part.content or " "
            elif not part.type.startswith("em_"):
                text += "\0"  # something that is no text, and that no term goes across
        text = re.sub("|".join(OTHERWISE), lambda phrase: "\0" * len(phrase[0]), text)
        found += [(match.start(), match[0], False) for match in _pattern().finditer(text)]
        for at, words, linked in sorted(found):
            yield Use(_names()[words.lower()], words, linked, text[:at][-60:], text[at:][:60])
