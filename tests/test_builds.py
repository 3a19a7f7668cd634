"""Builds at once and builds that are killed: the project's own Makefile, with commands that do nothing but wait."""

import os
import select
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from helpers import ROOT

# What is made before the chapters run, the first things first; a stamp counts as made if nothing before it is newer.
STAMPS = [
    *(f".venv/.{name}" for name in ("created", "requirements", "package")),
    ".venv/wheels/.downloaded",
    "node_modules/.installed",
    "book/_static/vendor/.copied",
    *(f"book/_static/nsynthlib/.{name}" for name in ("bundled", "exported", "pocket")),
    "_build/.code",
    "_build/wheels/.built",
]

# Stands for Python and for Jupyter Book: tells that it runs, and goes on when it is let.
WAITS = """#!/bin/bash
echo "$(basename "$0") $1" >> calls
echo > runs
read < go
"""


@pytest.fixture
def project(tmp_path) -> Path:
    """The project, all of it made but for the pages, in a folder with an odd name."""
    folder = tmp_path / "Neural Notes – Übung"
    for name in ("tools", "nsynthlib/pretrained", "book", "chapters", ".venv/bin"):
        (folder / name).mkdir(parents=True)
    for name in ("Makefile", "tools/one_build.py"):
        shutil.copy(ROOT / name, folder / name)
    for name in (
        "requirements.txt",
        "pyproject.toml",
        "package.json",
        "package-lock.json",
        "_config.yml",
        "_toc.yml",
        "README.md",
        "LICENSE",
    ):
        (folder / name).touch()
    for path in folder.rglob("*"):
        os.utime(path, (1e9, 1e9))  # seconds since 1970
    for number, name in enumerate(STAMPS):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
        os.utime(folder / name, (1.1e9 + number, 1.1e9 + number))
    for name in ("python", "jupyter-book"):
        (folder / ".venv" / "bin" / name).write_text(WAITS)
        (folder / ".venv" / "bin" / name).chmod(0o755)
    for name in ("runs", "go"):
        os.mkfifo(folder / name)
    return folder


def make(project: Path) -> subprocess.Popen:
    outside = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    command = ["make", f"PYTHON={sys.executable}", "book"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=project, env=outside, start_new_session=True, **pipes)


def wait_for_a_command(project: Path) -> None:
    """Until one tells that it runs; at most a minute, since a build may have ended without one."""
    pipe = os.open(project / "runs", os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert select.select([pipe], [], [], 60)[0], "no command runs"
        os.read(pipe, 100)
    finally:
        os.close(pipe)


def let_go(project: Path) -> None:
    """Let the command that waits go on."""
    (project / "go").write_text("\n")


def let_all_go(project: Path) -> None:
    for _ in range(2):  # the chapters, then the pages
        wait_for_a_command(project)
        let_go(project)


def calls(project: Path) -> list[str]:
    return (project / "calls").read_text().splitlines()


def ended(build: subprocess.Popen) -> tuple[int, str]:
    _, told = build.communicate(timeout=60)
    return build.returncode, told


@pytest.mark.fault("two builds at once", kept="The build that was first goes on, undisturbed.")
def test_a_second_build_in_one_folder_is_told_so_and_disturbs_nothing(project, shown):
    first = make(project)
    wait_for_a_command(project)
    code, told = ended(make(project))
    assert code == 2
    line, *rest = told.splitlines()
    assert line.startswith(f"another build runs in {project} (process ")
    assert all(one.startswith("make: ***") for one in rest)
    shown(line)
    let_go(project)
    wait_for_a_command(project)
    let_go(project)
    assert ended(first) == (0, "")
    assert calls(project) == ["python tools/execute_chapters.py", "jupyter-book build"]
    assert ended(make(project)) == (0, "")  # it is built, and nothing is done again
    assert len(calls(project)) == 2


@pytest.mark.fault(
    "SIGKILL", kept="The steps of a build that were finished; the next `make` goes on with the one that was not."
)
def test_a_killed_build_locks_nobody_out_and_is_gone_on_with(project):
    first = make(project)
    wait_for_a_command(project)
    os.killpg(first.pid, signal.SIGKILL)
    assert ended(first)[0] == -signal.SIGKILL
    again = make(project)
    letting = threading.Thread(target=let_all_go, args=(project,))
    letting.start()
    assert ended(again) == (0, "")
    letting.join()
    first_step, last_step = "python tools/execute_chapters.py", "jupyter-book build"
    assert calls(project) == [first_step, first_step, last_step]


@pytest.mark.fault("a path with spaces and non-ASCII letters", kept="The book is built as in any other folder.")
def test_the_book_is_built_in_a_folder_of_any_name(project):
    build = make(project)
    let_all_go(project)
    assert ended(build) == (0, "")
    assert (project / "_build" / ".built").exists()
