"""The first cell of every chapter: nothing where the package is, an installation in Colab, advice elsewhere."""

import importlib.util
import sys
import types

import pytest
from store_chapters import SETUP


@pytest.fixture
def missing(monkeypatch):
    """A machine without the package; what its notebook is asked to run is kept."""
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "nsynthlib" else real(name))
    asked = []
    shell = types.SimpleNamespace(run_line_magic=lambda *magic: asked.append(magic))
    return {"get_ipython": lambda: shell}, asked


def test_nothing_happens_where_the_package_is(capsys):
    exec(SETUP, {})
    assert capsys.readouterr().out == ""


def test_colab_installs_the_package_and_leaves_its_own_libraries_alone(missing, monkeypatch, capsys):
    names, asked = missing
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    exec(SETUP, names)
    [(magic, line)] = asked
    assert magic == "pip"
    assert line.startswith("install -q --no-deps git+https://")
    assert line.endswith(" mido")  # which Colab does not have
    assert "Installing nsynthlib" in capsys.readouterr().out


def test_elsewhere_the_reader_is_told_the_one_line(missing, monkeypatch):
    names, asked = missing
    monkeypatch.delitem(sys.modules, "google.colab", raising=False)
    with pytest.raises(SystemExit, match=r"%pip install git\+https://"):
        exec(SETUP, names)
    assert not asked
