"""The first use of a glossary's term on a page is a link to what the term means.

The rule: on each page that is read in order, the first time that a term of the glossary stands in running text, in
whatever form, it is the role ``{term}``. Running text is paragraphs and lists; headings, bold words, code, formulas,
links, tables, quizzes and captions are not. A longer term is no use of a shorter one in it: *Hann window* is no
*window*. No section links a term twice.

Two kinds of words are left to whoever writes. ``EVERYDAY`` words have senses of their own in plain English, so they are
linked where the glossary's sense is meant. ``OTHERWISE`` are phrases in which a technical word means something else.
"""

from itertools import groupby

import pytest
from glossary_uses import EVERYDAY, FORMS, OTHERWISE, read_pages, sections, source, terms, uses


@pytest.mark.parametrize("page", read_pages())
def test_first_uses_are_links(page):
    first = {use.term: use for use in reversed(list(uses(source(page))))}
    missing = [f"{use.before}[{use.words}]{use.after}" for use in first.values() if not use.linked]
    assert not missing, "make each of these a {term}"


@pytest.mark.parametrize("page", read_pages())
def test_no_section_links_a_term_twice(page):
    for section in sections(source(page)):
        links = sorted(use.term for use in uses(section) if use.linked)
        assert [term for term, same in groupby(links) if len(list(same)) > 1] == [], section.splitlines()[0]


def test_words_that_are_excepted_are_terms():
    assert terms().keys() >= EVERYDAY | FORMS.keys()
    pages = " ".join(source(page).replace("*", "") for page in read_pages())
    assert [phrase for phrase in OTHERWISE if phrase not in pages] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A window here.", [("window", False)]),
        ("A {term}`window` here; a window there.", [("window", True), ("window", False)]),
        ("Two {term}`windows <window>` here.", [("window", True)]),
        ("Under a Hann\nwindow.", [("Hann window", False)]),
        ("Windows are *windows*.", [("window", False), ("window", False)]),
        ("The wave is quantised by a VAE.", [("quantisation", False), ("VAE", False)]),
        ("A `window`, $window$, [a window](#here) and **window.**", []),
        ("# The window\n\n| window |\n|---|\n| window |", []),
        ("<details><summary>A window</summary>\n\nThe window.\n\n</details>", []),
        ("- first {doc}`window`\n- then the window", [("window", False)]),
        ("Ten per cent of a cent", [("cent", False)]),
        ("windowed, re-window, ae and aE", []),
        ("An autoencoder, or {term}`AE`", [("autoencoder", False), ("autoencoder", True)]),
    ],
)
def test_uses_are_found(text, found):
    assert [(use.term, use.linked) for use in uses(text)] == found


def test_the_glossary_is_read():
    assert terms()["AE"] == terms()["autoencoder"] == "autoencoder"
    assert terms()["PGHI"] == "PGHI" != terms()["patch"]
