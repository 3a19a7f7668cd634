"""Where the book is published: its repository and its site, as the workflow that builds it says.

No file names a repository. On GitHub the workflow's context does (``GITHUB_REPOSITORY`` and its like), so a fork is
published under its own name; elsewhere the same variables can be set, and without them the book has no such links.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass

NOTEBOOKS_BRANCH = "notebooks"  # holds the written notebooks alone, and is written afresh at each deployment


@dataclass(frozen=True)
class Publication:
    """A repository, as ``https://github.com/owner/name``, its commit or branch, and the site's address; or none."""

    repository: str | None = None
    branch: str = "main"
    site: str | None = None  # ends in /

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Publication":
        """Read ``GITHUB_SERVER_URL``, ``GITHUB_REPOSITORY``, ``GITHUB_REF_NAME`` and ``BOOK_URL``.

        ``BOOK_URL`` is where the site will be; without it, where GitHub Pages puts the repository's.

        >>> Publication.from_environment({"GITHUB_REPOSITORY": "ada/notes"}).site
        'https://ada.github.io/notes/'
        >>> Publication.from_environment({"BOOK_URL": "http://localhost:8000"})
        Publication(repository=None, branch='main', site='http://localhost:8000/')
        """
        name = environment.get("GITHUB_REPOSITORY", "").strip("/")
        server = environment.get("GITHUB_SERVER_URL") or "https://github.com"
        branch = environment.get("GITHUB_REF_NAME") or "main"
        site = environment.get("BOOK_URL")
        if not site and name:
            owner, _, project = name.partition("/")
            pages = f"{owner.lower()}.github.io"
            site = f"https://{pages}/" if project.lower() == pages else f"https://{pages}/{project}/"
        return cls(f"{server}/{name}" if name else None, branch, site.rstrip("/") + "/" if site else None)

    def colab(self, notebook: str) -> str | None:
        """Where Google Colab opens a written notebook, which it reads from the repository's branch of them.

        >>> Publication("https://github.com/ada/notes").colab("01_sampling.ipynb")
        'https://colab.research.google.com/github/ada/notes/blob/notebooks/01_sampling.ipynb'
        """
        if self.repository is None or not self.repository.startswith("https://github.com/"):
            return None
        name = self.repository.removeprefix("https://github.com/")
        return f"https://colab.research.google.com/github/{name}/blob/{NOTEBOOKS_BRANCH}/{notebook}"
