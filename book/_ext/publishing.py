"""What pages say of where the book is published: buttons, links, addresses, descriptions, and wrong addresses.

All of it comes from the environment, see ``publication``. A book without a repository has no button that needs one and
names none; one without a site has no sitemap, no canonical addresses and no previews, which all need its address.
"""

import html
import posixpath
import re
from typing import Any
from urllib.parse import urlsplit

from docutils import nodes
from docutils.statemachine import StringList
from publication import Publication
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.directives.code import CodeBlock
from sphinx.util.docutils import ReferenceRole

DESCRIPTION = (80, 200)  # characters of a page's description, at least and at most: what searches and previews show
PREVIEW = "_static/preview.png"
PREVIEW_SIZE = (1200, 630)  # pixels
ALT = "The first page: a choice of families, a pitch, a pad of instruments, and the spectrogram of an organ's note"
LOST = """<h1>There is no such page</h1>
<p>The address may be mistyped, or the page was renamed. The book <a href="{root}book/intro.html">begins here</a>, and
you can <a href="{root}search.html">search it</a>.</p>"""


def configure(app: Sphinx, config: Config) -> None:
    """Tell the theme, and the extensions that need an address, where the book is published."""
    publication: Publication = config.publication
    if publication.repository:
        app.tags.add("repository")
        config.html_theme_options |= {
            "repository_url": publication.repository,
            "repository_branch": publication.branch,
            "repository_provider": "github",  # also where GitHub is a company's own
            "use_repository_button": True,
            "use_source_button": True,
            "use_issues_button": True,
        }
    if publication.colab(""):
        app.tags.add("colab")
    root = urlsplit(publication.site or "").path or "/"
    config.notfound_urls_prefix = root
    config.notfound_context = {"title": "There is no such page", "body": LOST.format(root=root)}
    if publication.site:
        config.html_baseurl = config.ogp_site_url = publication.site
        config.sitemap_url_scheme = "{link}"
        config.sitemap_excludes = [f"{name}.html" for name in ("index", "search", "genindex", "404")]
        config.ogp_site_name = config.html_title
        config.ogp_enable_meta_description = False  # `describe` writes it, also where there is no site
        config.ogp_image = PREVIEW
        config.ogp_image_alt = ALT
        width, height = PREVIEW_SIZE
        config.ogp_custom_meta_tags = [
            f'<meta property="og:image:width" content="{width}" />',
            f'<meta property="og:image:height" content="{height}" />',
            '<meta name="twitter:card" content="summary_large_image" />',
        ]


def first_paragraph(doctree: nodes.Node) -> str:
    """The first sentences of a page, as many as have room; its first words where that is next to nothing."""
    least, most = DESCRIPTION
    paragraphs = (one for one in doctree.findall(nodes.paragraph) if isinstance(one.parent, nodes.section))
    text = " ".join(next((one.astext() for one in paragraphs), "").split())
    if len(text) <= most:
        return text
    ends = [end.start() for end in re.finditer(r"(?<=[.!?]) ", text) if least <= end.start() <= most]
    return text[: ends[-1]] if ends else text[: most - 1].rpartition(" ")[0] + "…"


def describe(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Give the page a description, of its own words where it has some, for searches and for previews."""
    words = (first_paragraph(doctree) if doctree else "") or app.config.book_description
    context["metatags"] = f'{context.get("metatags", "")}\n<meta name="description" content="{html.escape(words)}" />'
    context["meta"] = {**(context.get("meta") or {}), "og:description": html.escape(words)}
    context["book_description"] = words
    context["publication"] = app.config.publication
    if doctree is None:  # searches are not to find the page of searches, or the one for wrong addresses
        context["metatags"] += '\n<meta name="robots" content="noindex" />'


def add_buttons(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """On a chapter: a button that opens it in Colab, and a download of the notebook that is plain Markdown and code."""
    if context.get("page_source_suffix") != ".ipynb":
        return
    buttons = context["header_buttons"]
    notebook = f"{posixpath.basename(page)}.ipynb"
    for group in buttons:
        for button in group.get("buttons", []):
            if button["label"] == "download-source-button":
                button |= {"url": context["pathto"](f"notebooks/{notebook}", 1), "tooltip": "Download notebook"}
    address = app.config.publication.colab(notebook)
    if address:
        icon = "_static/images/logo_colab.png"
        words = {"text": "Colab", "tooltip": "Open in Google Colab", "label": "colab-button"}
        buttons.insert(0, {"type": "link", "url": address, "icon": icon, **words})


class ColabRole(ReferenceRole):
    """``{colab}`words <01_sampling>` ``: a link that opens a chapter in Google Colab; without one, the words alone."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        address = self.config.publication.colab(f"{self.target}.ipynb")
        if address is None:
            return [nodes.Text(self.title)], []
        return [nodes.reference(self.rawtext, self.title, refuri=address, internal=False)], []


class PublishedCode(CodeBlock):
    """A code block in which ``{repository}``, ``{folder}`` and ``{site}`` stand for the book's own.

    A line that names what is not known is left out.
    """

    content: StringList

    def run(self) -> list[nodes.Node]:
        publication: Publication = self.config.publication
        repository = publication.repository
        known = {
            "{repository}": repository,
            "{folder}": repository and posixpath.basename(repository),
            "{site}": publication.site,
        }
        lines = []
        for line in self.content:
            named = [name for name in known if name in line]
            if all(known[name] for name in named):
                for name in named:
                    line = line.replace(name, known[name] or "")
                lines.append(line)
        self.content = StringList(lines, source="")
        return super().run()


def setup(app: Sphinx) -> dict[str, bool]:
    """Set up what is published, and load the extensions that need to know it."""
    publication = Publication.from_environment()
    app.add_config_value("publication", publication, "env", types=[Publication])
    app.add_config_value("book_description", "", "html", types=[str])
    app.setup_extension("notfound.extension")
    if publication.site:
        app.setup_extension("sphinx_sitemap")
        app.setup_extension("sphinxext.opengraph")
    app.add_role("colab", ColabRole())
    app.add_directive("published-code", PublishedCode)
    app.connect("config-inited", configure, priority=100)  # before the theme reads its options
    app.connect("html-page-context", describe, priority=400)  # before previews are made of it
    app.connect("html-page-context", add_buttons, priority=900)  # after the theme has added its own
    return {"parallel_read_safe": True, "parallel_write_safe": True}
