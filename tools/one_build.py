"""Run a command unless another build runs in this folder: ``python tools/one_build.py COMMAND ...``.

The system's lock on a file is handed on to the command and its children, and ends with the last of them, however they
end: a build that was killed leaves nothing that keeps out the next. Where a system or a disk has no such locks, builds
are not told apart. Needs no installed library, since what it guards is the installation too.
"""

import os
import sys
from pathlib import Path

LOCK = Path(".building")


def main(command: list[str]) -> None:
    """Become ``command``, or exit with one line."""
    try:
        file = LOCK.open("a+", encoding="utf-8")
    except OSError as error:
        sys.exit(f"{Path.cwd()}: nothing can be built here ({error.strerror}); choose a folder that you may write to")
    if not locked(file.fileno()):
        file.seek(0)
        told = file.read().strip()
        sys.exit(
            f"another build runs in {Path.cwd()} (process {told or 'unknown'}); wait for it to end, then try again"
        )
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    os.set_inheritable(file.fileno(), True)
    os.execvp(command[0], command)


def locked(file: int) -> bool:
    """Whether the open file is locked now; it counts as locked where that cannot be had."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


if __name__ == "__main__":
    main(sys.argv[1:])
