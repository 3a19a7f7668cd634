"""The first cell of a chapter: nothing where the package is, else advice; of a written notebook: an installation."""

import importlib.util
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from notebook_cells import setup_source
from serve import serving
from store_chapters import SETUP

WHEELS = ["mido-1.3.3-py3-none-any.whl", "nsynthlib-1.0-py3-none-any.whl"]
# What runs a cell's magic: pip, of the Python that runs the cell.
SHELL = """
import subprocess, sys
class Shell:
    def run_line_magic(self, magic, line):
        print(magic, line)
        subprocess.run([sys.executable, "-m", magic, *line.split()])
get_ipython = Shell
"""
IN_COLAB = "import types; sys.modules['google.colab'] = types.ModuleType('google.colab')\n"
LISTED = "\nfrom importlib.metadata import distributions\nprint(sorted(d.metadata['Name'] for d in distributions()))"


def test_nothing_happens_where_the_package_is(capsys):
    for source in (SETUP, setup_source("http://127.0.0.1:9/", WHEELS)):
        exec(source, {})
    assert capsys.readouterr().out == ""


def test_without_the_package_a_chapter_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match=r"In the book's folder, .* run:  pip install \.$"):
        exec(SETUP, {})


def wheel(path: Path, needs: str = "") -> None:
    """The smallest wheel of a name and a version that can be installed."""
    name, version = path.name.split("-")[:2]
    about = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}.py", "")
        archive.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}")
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{about}/RECORD", "")


@pytest.fixture
def bare(tmp_path) -> list[str | Path]:
    """A Python with nothing but pip, which is this one's."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "pip").symlink_to(Path(importlib.util.find_spec("pip").origin).parent)
    return [tmp_path / "bare" / "bin" / "python", "-c"]


@pytest.fixture
def run(bare, tmp_path):
    """What a cell prints there, and how it ends; pip finds packages at the addresses it is given, and nowhere else."""
    pip = {"PIP_NO_INDEX": "1", "PIP_RETRIES": "0", "PIP_CONFIG_FILE": os.devnull}
    environment = {"PATH": os.defpath, "PYTHONPATH": str(tmp_path / "tools"), **pip}

    def run(source: str) -> subprocess.CompletedProcess[str]:
        command = [*bare, SHELL + source]
        return subprocess.run(
            command, env=environment, cwd=tmp_path / "tools", capture_output=True, text=True, check=False
        )

    return run


@pytest.fixture
def site(tmp_path):
    """A site whose package needs what is nowhere."""
    folder = tmp_path / "site" / "notebooks"
    folder.mkdir(parents=True)
    wheel(folder / WHEELS[0])
    wheel(folder / WHEELS[1], "Requires-Dist: found-nowhere\n")
    with serving(folder.parent) as address:
        yield f"{address}/"


def test_colab_gets_the_package_and_nothing_else(run, site):
    done = run(IN_COLAB + setup_source(site, WHEELS) + LISTED)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "['mido', 'nsynthlib']"
    assert "pip install -q --no-deps" in done.stdout


def test_a_jupyter_gets_what_the_package_needs(run, site):
    """So pip looks for it; here it cannot be had, and the reader is told."""
    done = run(setup_source(site, WHEELS))
    assert "No matching distribution found for found-nowhere" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("nsynthlib was not installed.")
    assert done.returncode == 1


def test_a_site_out_of_reach_is_named(run):
    done = run(IN_COLAB + setup_source("http://127.0.0.1:9/", WHEELS))
    assert done.returncode == 1
    assert "http://127.0.0.1:9/notebooks/" in done.stderr.splitlines()[-1]
