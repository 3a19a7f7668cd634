"""What the book was built from: ``{built-from}`` lists the day, the commit, Python and the libraries' versions."""

import importlib.metadata
import os
import platform
import re
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from docutils import nodes
from in_markdown import in_markdown
from publication import Publication
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


def built_on(environment: Mapping[str, str] = os.environ) -> str:
    """Today in UTC, or the day of ``SOURCE_DATE_EPOCH``, with which a build can be repeated to the byte.

    >>> built_on({"SOURCE_DATE_EPOCH": "86400"})
    '1970-01-02'
    """
    epoch = environment.get("SOURCE_DATE_EPOCH")
    return f"{datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC):%Y-%m-%d}"


def commit_of(folder: Path, environment: Mapping[str, str] = os.environ) -> tuple[str, bool] | None:
    """The commit of the sources and whether files differ from it; none where ``folder`` is not itself a repository."""

    def git(*command: str) -> str:
        done = subprocess.run(["git", "-C", str(folder), *command], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    try:
        if Path(git("rev-parse", "--show-toplevel")) != folder.resolve():
            return None
        return git("rev-parse", "HEAD"), bool(git("status", "--porcelain"))
    except (OSError, subprocess.CalledProcessError):  # no git, or no repository
        sha = environment.get("GITHUB_SHA")
        return (sha, False) if sha else None


def libraries(requirements: Path) -> list[tuple[str, list[tuple[str, str]]]]:
    """The groups of ``requirements.txt``, each with its libraries and their installed versions."""
    groups: list[tuple[str, list[tuple[str, str]]]] = []
    for line in requirements.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            groups.append((line[2:], []))
        elif name := re.match(r"[\w.-]+", line):
            groups[-1][1].append((name[0], importlib.metadata.version(name[0])))
    return [group for group in groups if group[1]]


def told_commit(folder: Path, publication: Publication) -> str:
    """The commit in words, with a link to it where there is a repository."""
    found = commit_of(folder)
    if found is None:
        return "none: these files are no repository"
    sha, changed = found
    name = f"`{sha[:12]}`"
    if publication.repository:
        name = f"[{name}]({publication.repository}/commit/{sha})"
    return f"{name}, with changes that are in no commit" if changed else name


class BuiltFrom(SphinxDirective):
    """Two tables in the page's own language, which is Markdown."""

    def run(self) -> list[nodes.Node]:
        root = Path(self.env.srcdir)
        self.env.note_dependency("requirements.txt")
        self.env.note_reread()
        python = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
        rows = [
            ("Built on", built_on()),
            ("Commit", told_commit(root, self.config.publication)),
            ("Python", python),
        ]
        lines = ["| What | Which |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows), ""]
        lines += ["| What for | Libraries |", "|---|---|"]
        for title, found in libraries(root / "requirements.txt"):
            listed = ", ".join(f"{name} {version}" for name, version in found)
            lines.append(f"| {title[0].upper()}{title[1:]} | {listed} |")
        return in_markdown(self, lines)


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive."""
    app.add_directive("built-from", BuiltFrom)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
