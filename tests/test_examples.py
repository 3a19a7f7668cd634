"""The examples of the documentation: every public function and class has one, and all of them run.

Public is what ``nsynthlib`` or one of its packages exports by ``__all__``. An example begins where a reader stands who
has written ``from nsynthlib.<package> import *``; whatever else it needs, it imports. It runs in an empty folder.
"""

import ast
import doctest
import inspect
import pkgutil
import textwrap
import warnings
from importlib import import_module
from pathlib import Path

import pytest
from helpers import ROOT

import nsynthlib

PACKAGES = ["nsynthlib", *(m.name for m in pkgutil.walk_packages(nsynthlib.__path__, "nsynthlib.") if m.ispkg)]
OTHERS = [ROOT / "book" / "_ext" / "publication.py"]
FILES = [
    path for path in (*sorted((ROOT / "nsynthlib").rglob("*.py")), *OTHERS) if ">>>" in path.read_text(encoding="utf-8")
]


def module_name(path: Path) -> str:
    """What a file is imported as."""
    if path in OTHERS:
        return path.stem
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def what_an_example_sees(module) -> dict[str, object]:
    """What the module's package exports, and what the module itself defines."""
    package = import_module(module.__package__ or module.__name__)
    own = {n: v for n, v in vars(module).items() if n.isupper() or getattr(v, "__module__", None) == module.__name__}
    return own | {name: getattr(package, name) for name in getattr(package, "__all__", [])}


def failures_of(module) -> list[str]:
    """What is wrong in the examples of a module, each told with the function that it belongs to."""
    told: list[str] = []
    runner = doctest.DocTestRunner(verbose=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a conversion of a sound is told by one
        for test in doctest.DocTestFinder().find(module, globs=what_an_example_sees(module)):
            runner.run(test, out=told.append)
    return told


def need_players(name: str) -> None:
    """Skip what plays a synthesiser that is not installed."""
    if name.startswith("nsynthlib.dx7."):
        pytest.importorskip("dexed", reason="dexed-py is not installed, which plays the DX7's voices")
        if not Path("/usr/share/hexter/dx7_roms.dx7").exists():
            pytest.skip("hexter is not installed, which brings the DX7's voices")
    if name == "nsynthlib.soundfont.rendering":
        from nsynthlib.errors import UsageError
        from nsynthlib.soundfont import find_fonts
        from nsynthlib.soundfont.fluid import library

        try:
            library(), find_fonts(["FluidR3_GM"])
        except UsageError as missing:
            pytest.skip(str(missing))


@pytest.mark.parametrize("name", [module_name(path) for path in FILES])
def test_examples_run(name, tmp_path, monkeypatch):
    need_players(name)
    monkeypatch.chdir(tmp_path)
    assert failures_of(import_module(name)) == []


def public() -> dict[str, object]:
    """Functions and classes that packages export, by the one place where each is defined."""
    found = {}
    for package in map(import_module, PACKAGES):
        for name in getattr(package, "__all__", []):
            thing = getattr(package, name)
            if getattr(thing, "__module__", "").startswith("nsynthlib") and hasattr(thing, "__qualname__"):
                found[f"{thing.__module__}.{thing.__qualname__}"] = thing
    return found


def example_of(thing) -> str:
    """The statements of the examples in its own documentation."""
    return "".join(part.source for part in doctest.DocTestParser().get_examples(thing.__doc__ or ""))


def methods(kind: type) -> list[str]:
    """Public methods and properties that a class itself defines, in place of none that it inherits."""
    inherited = {name for base in kind.__mro__[1:] if base.__module__.startswith("nsynthlib") for name in vars(base)}
    functions = (property, classmethod, staticmethod)
    return [
        name
        for name, value in vars(kind).items()
        if not name.startswith("_") and name not in inherited
        if inspect.isfunction(value) or isinstance(value, functions) or type(value).__name__ == "cached_property"
    ]


def lacking(things: dict[str, object]) -> list[str]:
    """What has no example, and the methods that no example of their own or of their class uses."""
    missing = [name for name, thing in things.items() if not example_of(thing)]
    for name, kind in things.items():
        if inspect.isclass(kind):
            shown = names_in(example_of(kind))
            own = (m for m in methods(kind) if not example_of(inspect.getattr_static(kind, m)))
            missing += [f"{name}.{m}" for m in own if m not in shown]
    return missing


def names_in(code: str) -> set[str]:
    """The attributes that code takes of things; ``forward`` where it calls what it has made, as torch would."""
    nodes = list(ast.walk(ast.parse(code)))
    called = {"forward"} if any(isinstance(node, ast.Call) for node in nodes) else set()
    return called | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


def test_every_public_function_class_and_method_has_an_example():
    things = public()
    assert len(things) > 240
    assert lacking(things) == []


def test_what_lacks_an_example_is_found():
    class Kind:
        """Without.

        >>> Kind().seen()
        """

        def seen(self): ...

        def unseen(self): ...

    def bare():
        """Does something."""

    assert lacking({"bare": bare, "Kind": Kind}) == ["bare", "Kind.unseen"]


def test_a_broken_example_is_told_with_its_function(tmp_path, monkeypatch):
    code = '''
        """A module."""

        def double(x):
            """Twice ``x``.

            >>> double(2)
            5
            """
            return 2 * x
    '''
    (tmp_path / "wrongly_shown.py").write_text(textwrap.dedent(code))
    monkeypatch.syspath_prepend(tmp_path)
    (told,) = failures_of(import_module("wrongly_shown"))
    assert "wrongly_shown.double" in told
    assert "Got:\n    4" in told
