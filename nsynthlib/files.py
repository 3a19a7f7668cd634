"""Files and folders that appear whole or not at all, and JSON."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nsynthlib.errors import DataError, UsageError

_ROOM = "; make room or choose another disk"
_RIGHTS = "; choose a folder that you may write to"
ADVICE = {errno.ENOSPC: _ROOM, errno.EDQUOT: _ROOM, errno.EFBIG: _ROOM, errno.EACCES: _RIGHTS, errno.EROFS: _RIGHTS}


class atomic:
    """Context that gives a temporary path beside ``path`` and moves it there only when the block succeeds.

    >>> from pathlib import Path
    >>> with atomic(Path("names.txt")) as temporary:
    ...     _ = temporary.write_text("organ", encoding="utf-8")
    >>> Path("names.txt").read_text(encoding="utf-8"), temporary.exists()
    ('organ', False)
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self.partial = self.path.with_name(f".{self.path.name}.{os.getpid()}.partial")

    def __enter__(self) -> Path:
        return self.partial

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, *_: object) -> None:
        if kind is None:
            os.replace(self.partial, self.path)
            return
        self.partial.unlink(missing_ok=True)
        _name(error, self.path)


def _name(error: BaseException | None, path: Path) -> None:
    """Let an error of the system tell what was to be made: of a full disk it tells nothing, else the partial file."""
    if isinstance(error, OSError) and error.errno is not None and ".partial" in str(error.filename or ".partial"):
        error.filename = str(path)


def explain(error: OSError) -> str:
    """What the system refused, as one line: the file, why, and what to do where that is known."""
    if error.errno is None or error.filename is None:
        return str(error)
    return f"{error.filename}: {error.strerror}" + ADVICE.get(error.errno, "")


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Context that gives a hidden folder beside ``path``, which gets that name only when the block succeeds.

    Raises UsageError if ``path`` exists already.
    """
    path = Path(path)
    if path.exists():
        raise UsageError(f"{path} exists already; name a new folder, or remove it first")
    partial: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent))
        yield partial
        partial.chmod(0o755)
        partial.rename(path)
    except BaseException as error:
        if partial:
            shutil.rmtree(partial, ignore_errors=True)
        _name(error, path)
        raise


def check_ending(path: Path, ending: str) -> None:
    """Raise UsageError unless the name of ``path`` says what will be written there."""
    if path.suffix.lower() != ending:
        raise UsageError(f"{path}: is written as {ending[1:].upper()}; name a file that ends in {ending}")


def read_json(path: Path, pairs: Callable[[list[tuple[str, Any]]], Any] | None = None) -> Any:
    """Content of a JSON file, with or without a byte order mark; DataError names it if it is missing or broken.

    ``pairs`` makes something else than a dictionary of an object's pairs.

    >>> from pathlib import Path
    >>> write_json(Path("labels.json"), {"pitch": 60})
    >>> read_json(Path("labels.json"), pairs=list)  # pairs, in place of a dictionary
    [('pitch', 60)]
    """
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=pairs)
    except OSError as error:
        raise DataError(f"{path}: cannot be read as JSON ({error.strerror})") from None
    except UnicodeDecodeError:
        raise DataError(f"{path}: cannot be read as JSON (it is not UTF-8 text)") from None
    except ValueError as error:
        raise DataError(f"{path}: cannot be read as JSON ({error})") from None
    except RecursionError:
        raise DataError(f"{path}: cannot be read as JSON (it is nested too deeply)") from None


def read_settings(path: Path, names: Collection[str], part: str | None = None) -> dict[str, Any]:
    """Settings in a JSON file, or in the ``part`` of it: an object that has these names, and no others.

    Raises DataError, which tells the first that is missing or unknown: another version of the package wrote the file.
    No default takes its place, since that version may have had another.
    """
    content = read_json(path)
    if part is not None:
        content = content.get(part) if isinstance(content, dict) else None
    if not isinstance(content, dict):
        fault = f"holds no {part or 'settings'}"
    elif unknown := [name for name in content if name not in names]:
        fault = f"has the setting {unknown[0]!r}, which this version of nsynthlib does not know"
    elif missing := [name for name in names if name not in content]:
        fault = f"lacks the setting {missing[0]!r}, which this version of nsynthlib needs"
    else:
        return content
    raise DataError(f"{path}: {fault}; it belongs to another version: go on with that one, or begin anew")


def write_json(path: Path, content: Any) -> None:
    """Write ``content`` atomically, readable, with a final newline.

    >>> from pathlib import Path
    >>> write_json(Path("labels.json"), {"pitch": 60})
    >>> read_json(Path("labels.json"))
    {'pitch': 60}
    """
    with atomic(path) as partial:
        partial.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def need_space(folder: Path, size: int, what: str) -> None:
    """Raise DataError unless the disk that holds ``folder`` has ``size`` bytes free for ``what``."""
    free = shutil.disk_usage(folder).free
    if free < size:
        needed = f"{what} needs {size / 1e9:.1f} GB and {free / 1e9:.1f} GB are free"
        raise DataError(f"{folder}: {needed}{_ROOM}")
