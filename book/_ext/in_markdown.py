"""What directives say in the language of the book's pages."""

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective


def in_markdown(directive: SphinxDirective, lines: list[str]) -> list[nodes.Node]:
    """What these lines are on the directive's page."""
    container = nodes.container()
    source = StringList(lines, source=directive.env.docname)
    directive.state.nested_parse(source, directive.content_offset, container)
    return container.children
