"""Where weights lie: with the package, in a folder, or in a repository on the Hugging Face hub."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from huggingface_hub import _CACHED_NO_EXIST, constants, hf_hub_download, try_to_load_from_cache
from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError, RepositoryNotFoundError

PRETRAINED = Path(__file__).parent.parent / "pretrained"
ANSWER_SECONDS = 5  # that the hub may take to show that it is there


class NotThere(Exception):
    """Why there are no weights of a name."""


class Source(Protocol):
    """A place that holds files."""

    def file(self, name: str) -> Path | None:
        """Where one of them lies on this machine, or ``None`` where there is none of that name."""


@dataclass(frozen=True)
class Folder:
    """A folder of this machine."""

    path: Path

    def file(self, name: str) -> Path | None:
        return found if (found := self.path / name).exists() else None


@dataclass(frozen=True)
class Repository:
    """A repository ``owner/name`` on the hub; ``options`` are those of ``hf_hub_download``."""

    repo_id: str
    options: Mapping[str, Any]

    def file(self, name: str) -> Path | None:
        """Its path among the files kept from earlier downloads, brought there first where it is not; see Source."""
        try:
            with _quiet():
                return Path(hf_hub_download(self.repo_id, name, **self.options))
        except LocalEntryNotFoundError:  # it cannot be asked for, and is not kept
            if self.kept(name) is _CACHED_NO_EXIST:
                return None
            raise
        except EntryNotFoundError:
            return None
        except RepositoryNotFoundError:
            raise NotThere(f"there is neither a folder {self.repo_id} nor such a repository on the hub") from None

    def offline(self) -> Repository:
        """The same, of what is kept on this machine: asked in vain, the hub's library tries for half a minute."""
        return replace(self, options={**self.options, "local_files_only": True})

    def kept(self, name: str) -> Any:
        """Where a file is kept; ``_CACHED_NO_EXIST`` if the hub had none, ``None`` if it was never asked."""
        place = {key: self.options[key] for key in ("cache_dir", "revision")}
        return try_to_load_from_cache(self.repo_id, name, **place)


def find(name: str | os.PathLike[str], needed: str, options: Mapping[str, Any]) -> Source:
    """The source of a name: a folder, shipped weights, or ``owner/name`` on the hub.

    A path, and a name whose first part is a folder here, are those of a folder only. Raises NotThere, with the reason,
    where there is no such source; ``needed`` is a file that it must hold.
    """
    text = os.fspath(name)
    if not text:
        raise NotThere("the name is empty")
    shipped = isinstance(name, str) and re.fullmatch(r"\w+", name) and (PRETRAINED / name).is_dir()
    if shipped and Path(text).is_dir():
        raise NotThere(f"weights of that name are shipped, and there is a folder of that name: write ./{name} for it")
    if shipped or Path(text).is_dir():
        return Folder(PRETRAINED / text if shipped else Path(text))
    if Path(text).exists():
        raise NotThere("it is no folder")
    if not isinstance(name, str) or not re.fullmatch(r"[\w.-]+/[\w.-]+", name) or Path(name).parent.is_dir():
        raise NotThere(f"there is no folder {text}")
    repository = Repository(name, options)
    if not options["local_files_only"] and not constants.HF_HUB_OFFLINE and is_reachable(constants.ENDPOINT):
        return repository
    if repository.kept(needed) is None:
        raise NotThere(f"there is no folder {text}, and {constants.ENDPOINT} cannot be reached")
    return repository.offline()


def is_reachable(address: str) -> bool:
    """Whether a server answers anything at all."""
    import requests

    try:
        requests.head(address, timeout=ANSWER_SECONDS)
    except requests.RequestException:
        return False
    return True


@contextmanager
def _quiet() -> Iterator[None]:
    """Within the block the hub's library logs errors only: what went wrong is told once, by us."""
    logger = logging.getLogger("huggingface_hub")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)
