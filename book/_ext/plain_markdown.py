"""MyST as plain Markdown, for notebooks that are read where nobody knows MyST: in Colab, Jupyter and VS Code.

Pure functions. What a role shows and where it leads comes from Sphinx, see `written_notebooks.py`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin

Piece = tuple[str, str | None]  # a text, and the page and place it leads to, seen from the site's root


@dataclass(frozen=True)
class Resolved:
    """What Sphinx knows of one page: its address, and by their MyST names its references, equations and figures."""

    page: str  # seen from the site's root
    references: Mapping[str, list[Piece]] = field(default_factory=dict)  # by role, as `role_key` writes it
    equations: Mapping[str, str] = field(default_factory=dict)  # the number, by label
    figures: Mapping[str, str] = field(default_factory=dict)  # "Fig. 3", by name


class NotPlain(ValueError):
    """Something that plain Markdown cannot say, or that Sphinx does not know."""


# In the order in which they are looked for, so that no role is sought in code and no code in an equation.
_MYST = re.compile(
    r"""
    (?P<fence>^(?P<ticks>`{3,}).*?^(?P=ticks)`*\s*?$)
    | \{(?P<role>[\w:+-]+)\}(?P<quote>`+)(?P<text>.+?)(?P=quote)(?!`)
    | (?P<code>(?P<tick>`+)[^`].*?(?P=tick)(?!`))
    | \$\$(?P<equation>.+?)\$\$(?:[ \t]*\((?P<label>[^()\s]+)\))?
    """,
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)
# What would be left of MyST that no page uses so far: directives, targets, comments, substitutions, definitions,
# and links to files of the book, which lead nowhere from a notebook that lies elsewhere.
_LEFT = {
    "a directive": re.compile(r"^(:{3,}|`{3,}\{)", re.MULTILINE),
    "a target": re.compile(r"^\([^()\s]+\)=", re.MULTILINE),
    "a comment or a break": re.compile(r"^(% |\+\+\+)", re.MULTILINE),
    "a substitution": re.compile(r"\{\{ *\w+ *\}\}"),
    "a list of definitions": re.compile(r"^: ", re.MULTILINE),
    "a footnote": re.compile(r"\[\^\w+\]"),
    "a link to a file of the book": re.compile(r"\]\((?!https?:|#)[^)]*\)"),
}


def role_key(role: str, text: str) -> str:
    """A name for a role with its text, the same for both ways of breaking lines.

    >>> role_key("term", "pitch\\nclass")
    ':term:`pitch class`'
    """
    return f":{role}:`{' '.join(text.split())}`"


def _escaped(text: str) -> str:
    """Text that Markdown leaves alone. A bracket is not escaped by a backslash: that would begin an equation."""
    return re.sub(r"([\\`*_])", r"\\\1", text).replace("[", "&#91;").replace("]", "&#93;")


def linked(pieces: list[Piece], page: str, site: str | None) -> str:
    """Pieces as Markdown: links to ``site``, or plain text where there is none or the target is on ``page`` itself.

    >>> linked([("(", None), ("Grey, 1975", "references.html#id3"), (")", None)], "a.html", "https://ada.org/notes/")
    '([Grey, 1975](https://ada.org/notes/references.html#id3))'
    >>> linked([("(3)", "a.html#equation-sine")], "a.html", "https://ada.org/notes/")
    '(3)'
    """
    return "".join(
        f"[{_escaped(text)}]({urljoin(site, target)})"
        if site and target and target.partition("#")[0] != page
        else _escaped(text)
        for text, target in pieces
    )


def plain(source: str, resolved: Resolved, site: str | None) -> str:
    """The same Markdown without MyST: roles as text and links, equations with the numbers of the page.

    Raises NotPlain with what cannot be said so.

    >>> page = Resolved("a.html", {":term:`cent`": [("cent", "b.html#term-cent")]}, {"sine": "1"})
    >>> plain("A {term}`cent` `{x}`: $$x = 1$$ (sine)", page, "https://ada.org/")
    'A [cent](https://ada.org/b.html#term-cent) `{x}`: $$x = 1 \\\\tag{1}$$'
    """

    def replaced(found: re.Match[str]) -> str:
        if role := found["role"]:
            key = role_key(role, found["text"])
            if key not in resolved.references:
                raise NotPlain(f"nothing is known of {key}")
            return linked(resolved.references[key], resolved.page, site)
        if label := found["label"]:
            if label not in resolved.equations:
                raise NotPlain(f"the equation {label} has no number")
            body = found["equation"]
            end = body[len(body.rstrip()) :]
            return f"$${body.rstrip()} \\tag{{{resolved.equations[label]}}}{end}$$"
        return found[0]

    prose = _MYST.sub(lambda found: found["fence"] if (found["fence"] or "").startswith("```{") else "…", source)
    for what, pattern in _LEFT.items():
        if left := pattern.search(prose):
            raise NotPlain(f"{what} stays MyST: {left[0]}")
    return _MYST.sub(replaced, source)
