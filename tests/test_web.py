"""The JavaScript's own order: one source of numbers, imports one way, and one scope that every view can share."""

import json
import re
import shutil
import subprocess

import pytest

from nsynthlib.widgets.modules import WEB, one_file

CONSTANTS = WEB.parent / "constants.json"
DATA_FILES = {CONSTANTS, WEB.parent / "playing" / "composers" / "scores.json"}  # that Python reads too
FILES = sorted(WEB.rglob("*.mjs"))
VIEWS = sorted((WEB / "views").glob("*.mjs"))
BELOW = {"dsp": {"dsp"}, "engine": {"dsp", "engine"}, "page": {"page"}, "views": {"dsp", "page"}}
BELOW["instrument"] = {"dsp", "engine", "page", "instrument"}
DATA = 'import constants from "../../constants.json" with { type: "json" };\n'


def name(path) -> str:
    return path.relative_to(WEB).as_posix()


@pytest.mark.parametrize("path", FILES, ids=name)
def test_no_module_has_numbers_of_its_own_for_what_python_holds_too(path):
    """Neither the sample rate nor the length of a note nor a colour."""
    assert re.findall(r"\b(?:16_?000|64_?000)\b|#[0-9a-fA-F]{6}\b", path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", FILES, ids=name)
def test_imports_go_one_way(path):
    folder = path.relative_to(WEB).parts[0]
    addresses = re.findall(r'^(?:import|export) .*? from "(\.[^"]+)"', path.read_text(encoding="utf-8"), re.M | re.S)
    found = {(path.parent / address).resolve() for address in addresses} - DATA_FILES
    assert {needed.relative_to(WEB).parts[0] for needed in found} <= BELOW[folder]


def test_what_is_imported_is_there(tmp_path):
    """Views are joined from their modules' text, which looks for no missing name; a bundler does."""
    bundler = WEB.parent.parent / "node_modules" / "esbuild" / "bin" / "esbuild"
    options = ["--bundle", "--format=esm", f"--outdir={tmp_path}", "--log-level=warning"]
    done = subprocess.run(["node", bundler, *VIEWS, *options], capture_output=True, text=True, check=False)
    assert (done.stderr, done.returncode) == ("", 0)


@pytest.mark.parametrize("view", VIEWS, ids=name)
def test_a_view_is_one_file_that_holds_the_numbers_once(view):
    source = one_file(view)
    assert not re.search(r"^import ", source, re.M)
    held = [json.loads(text) for text in re.findall(r"^const constants = (.+);$", source, re.M)]
    code = source.split("\n", 1)[1]
    assert len(held) == bool(re.search(r"\bconstants\b", code))
    assert not held or source.startswith("const constants = ")
    for numbers in held:
        known = json.loads(CONSTANTS.read_text())
        assert {**known, **numbers} == known
        left = known.keys() - numbers.keys()
        assert [name for name in left if re.search(rf"\b{name}\b", code)] == []


def folder_of(root, **modules: str):
    """A ``web`` of its own, beside a copy of the numbers; the modules lie in ``page``, ``entry`` in ``views``."""
    shutil.copy(CONSTANTS, root)
    for name, source in modules.items():
        path = root / "web" / ("views" if name == "entry" else "page") / f"{name}.mjs"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    return root / "web" / "views" / "entry.mjs"


def test_modules_of_several_folders_are_laid_into_one_file(tmp_path):
    entry = folder_of(
        tmp_path,
        deep="export const deep = 1;\nexport async function wait() {\n  const inner = deep;\n}\n",
        near=DATA + 'import { deep } from "./deep.mjs";\nexport const { blue, pink: near } = constants.colours;\n',
        entry='import {\n  deep,\n  wait,\n} from "../page/deep.mjs";\n'
        'import { near } from "../page/near.mjs";\nconst inner = near;\nexport default { inner, deep, wait };\n',
    )
    assert one_file(entry).splitlines()[1:] == [
        "const deep = 1;",
        "async function wait() {",
        "  const inner = deep;",
        "}",
        "const { blue, pink: near } = constants.colours;",
        "const inner = near;",
        "export default { inner, deep, wait };",
    ]


@pytest.mark.parametrize(
    "clash",
    ["const near = 2;", "let near = 2;", "function near() {}", "class near {}", "const { b, far: near } = {};"],
)
def test_two_modules_that_declare_one_name_are_refused(tmp_path, clash):
    entry = folder_of(
        tmp_path,
        near="export const a = 1;\nfunction near() {}\n",
        entry=f'import {{ a }} from "../page/near.mjs";\n{clash}\n',
    )
    with pytest.raises(ValueError, match=r"near\.mjs and .*entry\.mjs are laid into one file, and both declare near"):
        one_file(entry)


def test_the_name_of_the_numbers_is_taken(tmp_path):
    entry = folder_of(tmp_path, near="const constants = {};\n", entry=DATA + 'import { x } from "../page/near.mjs";\n')
    with pytest.raises(ValueError, match="both declare constants"):
        one_file(entry)
