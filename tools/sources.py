"""Where recordings are published: repositories at named commits and npm packages, fetched by git and npm.

A commit's name vouches for every file in it, and a package's integrity for its own; of a repository only the files
that are asked for are sent, and found by their names wherever they lie in it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from nsynthlib.errors import DataError, UsageError
from nsynthlib.files import new_folder

GITHUB = "https://github.com"


@dataclass(frozen=True)
class Source:
    """A repository (``owner/name``) at a commit, or an npm package at a version."""

    name: str
    at: str
    kind: str

    @property
    def folder(self) -> str:
        """What its folder is called."""
        return f"{self.name.replace('/', '.')}@{self.at}"


def fetch(source: Source, into: Path, names: Collection[str], host: str = GITHUB) -> Path:
    """The folder below ``into`` that holds the files of these names; fetched unless it is there, whole or not at all.

    Raises:
        UsageError: if git, or npm, is not installed.
        DataError: if the source cannot be fetched.
    """
    folder = into / source.folder
    if not folder.exists():
        with new_folder(folder) as partial:
            if source.kind == "npm":
                _fetch_package(source, partial)
            else:
                _fetch_repository(source, partial, names, host)
    return folder


def _fetch_repository(source: Source, folder: Path, names: Collection[str], host: str) -> None:
    """Clone without any file's content, then get the contents that are wanted, all at once."""
    git = _program("git")
    address = f"{host.rstrip('/')}/{source.name}"
    options = ["-c", "core.autocrlf=false", "-c", "advice.detachedHead=false"]
    _run([git, *options, "clone", "--quiet", "--no-checkout", "--filter=blob:none", address, str(folder)], address)
    listed = _run([git, "-C", str(folder), "ls-tree", "-r", "-z", "--name-only", source.at], f"{address} {source.at}")
    wanted = [path for path in listed.split("\0") if path.rpartition("/")[2] in names]
    patterns = "".join("/" + re.sub(r"([*?\[\]\\])", r"\\\1", path) + "\n" for path in wanted)
    _run([git, "-C", str(folder), "sparse-checkout", "set", "--no-cone", "--stdin"], address, patterns or "/none\n")
    _run([git, "-C", str(folder), *options, "checkout", "--quiet", source.at], f"{address} {source.at}")


def _fetch_package(source: Source, folder: Path) -> None:
    """Let npm fetch the package's archive, which it checks, and unpack it."""
    package = f"{source.name}@{source.at}"
    command = [_program("npm"), "pack", package, "--silent", "--ignore-scripts", "--pack-destination", str(folder)]
    _run(command, f"the npm package {package}")
    (archive,) = folder.glob("*.tgz")
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
    except (tarfile.TarError, OSError, EOFError) as error:
        raise DataError(f"the npm package {package}: cannot be unpacked ({error})") from None
    archive.unlink()


def _program(name: str) -> str:
    """Its path: beside this Python, where the project installs npm, or on the system."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        raise UsageError(f"{name} is not installed; install it, or name a folder that holds the sources")
    return found


def _run(command: list[str], what: str, given: str = "") -> str:
    """What a program prints; DataError, with its last line, if it fails. It asks for no password."""
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    done = subprocess.run(command, input=given, capture_output=True, text=True, env=environment)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason told"])[-1]
        raise DataError(f"{what}: cannot be fetched ({reason})")
    return done.stdout
