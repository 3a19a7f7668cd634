"""The reference: what packages export, from their docstrings; and the commands, from what they say of themselves.

Public is what ``nsynthlib`` or one of its packages exports by ``__all__``. Each is told once, by the package that it
lives in; others that export it too only name it.
"""

import builtins
import inspect
import pkgutil
import re
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from docutils import nodes
from sphinx.application import Sphinx
from typer.core import TyperCommand, TyperGroup

import nsynthlib
from nsynthlib.cli import app as commands

COMMANDS = "<!-- the commands -->"  # stands in a page where they are to be told


@cache
def exported() -> dict[str, dict[str, Any]]:
    """What each package exports, by its name."""
    found = [nsynthlib.__name__]
    found += [module.name for module in pkgutil.walk_packages(nsynthlib.__path__, "nsynthlib.") if module.ispkg]
    modules = {name: import_module(name) for name in found}
    return {
        name: {each: getattr(module, each) for each in module.__all__}
        for name, module in modules.items()
        if hasattr(module, "__all__")
    }


def home(thing: Any, name: str) -> str:
    """The package that tells of it: the one it lives in, or else the first that exports it under this name."""
    exporters = [
        package for package, names in exported().items() if names.get(name) is thing and package != "nsynthlib"
    ]
    lives = getattr(thing, "__module__", None) or ""
    within = [package for package in exporters if lives.startswith(f"{package}.")]
    return max(within, key=len, default=exporters[0] if exporters else "")


def skip_what_is_told_elsewhere(
    app: Sphinx, what: str, name: str, thing: Any, skip: bool, options: object
) -> bool | None:
    """Leave out what another package tells, and the fields of named tuples, whose own words say nothing."""
    if type(thing).__name__ in {"_tuplegetter", "TraitType"}:
        return True
    package: str = app.env.temp_data.get("autodoc:module") or ""
    if what == "module" and name in exported().get(package, {}):
        return home(thing, name) != package or None
    return None


def comment_on(name: str, thing: Any) -> str:
    """What the source says beside a constant, on its own line; its value where that is short and nothing is said."""
    for module in list(sys.modules.values()):
        if not getattr(module, "__name__", "").startswith("nsynthlib") or name not in vars(module):
            continue
        said = re.search(rf"^{name}\b[^=\n]*= (.*?)(?:  # (.*))?$", inspect.getsource(module), re.M)
        if said and getattr(module, name) is thing:
            plain = not isinstance(thing, Path) and len(repr(thing)) <= 60  # a path is of this machine
            value = f" = ``{thing!r}``" if plain else ""
            return f"{value}: {said[2]}" if said[2] else value
    return ""


def tell_the_rest(app: Sphinx, what: str, name: str, thing: Any, options: object, lines: list[str]) -> None:
    """Below a package's own words: its constants, and what it hands on from others."""
    if what != "module" or name not in exported():
        return
    here = exported()[name].items()
    constants = [(n, v) for n, v in here if not callable(v) and n.isupper() and home(v, n) == name]
    others = [(n, home(v, n)) for n, v in here if home(v, n) not in ("", name)]
    if constants:
        lines += ["", "Constants:", "", *(f"* ``{n}``{comment_on(n, v)}" for n, v in constants)]
    if others:
        lines += ["", "Told elsewhere: " + ", ".join(f"``{n}`` by :mod:`{where}`" for n, where in others) + "."]
    lines.append("")


def resolve(app: Sphinx, env: Any, node: nodes.Element, shown: nodes.Element) -> nodes.Element | None:
    """Types in signatures, and names inside the package that are not exported, stay text; what is nowhere is told."""
    if node.get("refdomain") != "py":
        return None
    if "refwarn" not in node or exists(node["reftarget"].lstrip("."), node.get("py:module")):
        return shown
    return None


def exists(target: str, package: str | None) -> bool:
    """Whether Python finds a name: in a file of the package that is told, among the builtins, or from the top."""
    within = [module for name, module in list(sys.modules.items()) if package and f"{name}.".startswith(f"{package}.")]
    first, *rest = target.split(".")
    holders = [vars(module)[first] for module in (*within, builtins) if first in vars(module)]
    return any(leads_on(thing, rest) for thing in holders) or found_from_the_top(target)


def leads_on(thing: object, names: Sequence[str]) -> bool:
    """Whether each name is an attribute of the one before."""
    for name in names:
        if not hasattr(thing, name):
            return False
        thing = getattr(thing, name)
    return True


def found_from_the_top(target: str) -> bool:
    """Whether a dotted name leads to a module, or to something in one."""
    parts = target.split(".")
    for split in range(len(parts), 0, -1):
        try:
            return leads_on(import_module(".".join(parts[:split])), parts[split:])
        except ImportError:
            continue
    return False


def every_command(group: TyperGroup, before: str) -> Iterator[tuple[str, TyperCommand]]:
    """Each command with all the words that call it."""
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from every_command(command, f"{before} {name}")
        elif isinstance(command, TyperCommand):
            yield f"{before} {name}", command


def told(command: TyperCommand, words: str) -> str:
    """A command in Markdown: its call, what it does, its arguments and options as the command itself tells them."""
    context = typer.Context(command, info_name=words)
    usage = " ".join([words, *command.collect_usage_pieces(context)])
    parts = [f"## `{words}`", inspect.cleandoc(command.help or ""), f"```text\n{usage}\n```"]
    records = [parameter.get_help_record(context) for parameter in command.params]
    rows = [f"`{names}`\n: {text}" for names, text in filter(None, records)]
    return "\n\n".join([*parts, *rows])


def tell_commands(app: Sphinx, page: str, source: list[str]) -> None:
    """Put the commands where a page asks for them."""
    if COMMANDS in source[0]:
        group = typer.main.get_command(commands)
        assert isinstance(group, TyperGroup)
        texts = (told(command, words) for words, command in every_command(group, "nsynthlib"))
        source[0] = source[0].replace(COMMANDS, "\n\n".join(texts))


def setup(app: Sphinx) -> dict[str, bool]:
    """Beside autodoc, which reads the docstrings."""
    app.setup_extension("sphinx.ext.autodoc")
    app.setup_extension("sphinx.ext.napoleon")
    app.connect("autodoc-skip-member", skip_what_is_told_elsewhere)
    app.connect("autodoc-process-docstring", tell_the_rest)
    app.connect("missing-reference", resolve)
    app.connect("source-read", tell_commands)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
