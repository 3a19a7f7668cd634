"""The repository itself: its pins agree with one another, and its files keep their promises."""

import json
import re
import subprocess
import sys
import urllib.request
from http.client import RemoteDisconnected
from pathlib import Path

import pytest
import tomllib
from helpers import ROOT
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from serve import Handler, serving

import nsynthlib

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
NEEDS = [Requirement(line) for line in PYPROJECT["project"]["dependencies"]]
# In two parts, so that this file does not hold what it forbids.
HOSTS = [a + b for a, b in (("py", "pi.org"), ("python", "hosted.org"), ("registry.", "npm"), ("deb.", "debian.org"))]


def pins(name: str) -> dict[str, str]:
    """Name to version of a file of exact pins."""
    found: dict[str, str] = {}
    for line in (ROOT / name).read_text().splitlines():
        if line and not line.startswith("#"):
            pin = re.fullmatch(r"([\w.-]+)==([\w.]+)", line)
            assert pin, f"{name}: not an exact pin: {line!r}"
            key = canonicalize_name(pin[1])
            assert key not in found, f"{name}: {key} is pinned twice"
            found[key] = pin[2]
    return found


@pytest.fixture(scope="module")
def files() -> list[Path]:
    """Every file that is in git or could be added to it."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [path for name in listed.splitlines() if (path := ROOT / name).is_file()]


def text(path: Path) -> str:
    """A file's text; of a binary file, nothing."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@pytest.mark.parametrize("name", ["requirements.txt", "tests/colab-constraints.txt"])
def test_pins_meet_what_the_package_needs(name):
    pinned = pins(name)
    for need in NEEDS:
        key = canonicalize_name(need.name)
        assert key in pinned, f"{name} lacks {key}"
        assert need.specifier.contains(pinned[key]), f"{name}: {key} {pinned[key]} is outside {need.specifier}"


def test_the_package_asks_for_lower_bounds_only():
    for need in NEEDS:
        assert [part.operator for part in need.specifier] == [">="], need


def test_the_package_is_built_with_a_pinned_tool_that_is_installed_with_the_book():
    assert PYPROJECT["build-system"]["requires"] == [f"setuptools=={pins('requirements.txt')['setuptools']}"]


def test_python_versions():
    supported = SpecifierSet(PYPROJECT["project"]["requires-python"])
    assert [minor for minor in range(8, 16) if f"3.{minor}.0" in supported] == [10, 11, 12, 13]


def test_the_citation_names_this_version():
    assert PYPROJECT["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "nsynthlib.__version__"}
    assert f"\nversion: {nsynthlib.__version__}\n" in (ROOT / "CITATION.cff").read_text()


def test_javascript_is_pinned_and_locked_without_addresses():
    package = json.loads((ROOT / "package.json").read_text())
    lock = json.loads((ROOT / "package-lock.json").read_text())
    for name, version in (package["dependencies"] | package["devDependencies"]).items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), f"{name}: {version} is not an exact version"
        assert lock["packages"][f"node_modules/{name}"]["version"] == version
    for name, entry in lock["packages"].items():
        assert "resolved" not in entry, name
        assert not name or "integrity" in entry, name


def test_no_file_names_a_package_registry(files):
    assert [f"{path.relative_to(ROOT)}: {host}" for path in files for host in HOSTS if host in text(path)] == []


def test_code_files_are_short_enough_to_read(files):
    """Those of the package shorter still."""
    package = ROOT / "nsynthlib"
    lengths = {path: len(text(path).splitlines()) for path in files if path.suffix in {".py", ".js", ".mjs", ".css"}}
    most = {path: 300 if path.suffix == ".py" and package in path.parents else 500 for path in lengths}
    assert {str(path.relative_to(ROOT)): n for path, n in lengths.items() if n > most[path]} == {}


CONTRACTS = PYPROJECT["tool"]["importlinter"]["contracts"]
FILES = {f"{box}.{name}" for c in CONTRACTS for box in c["containers"] for name in re.findall(r"\w+", str(c["layers"]))}


def lint_imports(folder: Path, sources: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Hold a made-up package, empty but for these sources of its modules, against the real contracts."""
    packages = {box for contract in CONTRACTS for box in contract["containers"]}
    for name in sorted({"nsynthlib", *FILES, *sources}):
        path = folder.joinpath(*name.split("."))
        path = path / "__init__.py" if name in packages else path.with_suffix(".py")
        path.parent.mkdir(exist_ok=True)
        path.write_text(sources.get(name, ""))
    contract = (ROOT / "pyproject.toml").read_text().partition("[tool.importlinter]")
    (folder / "pyproject.toml").write_text(contract[1] + contract[2])
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env={"PYTHONPATH": str(folder)})


@pytest.mark.parametrize(
    ("lower", "imports", "kept"),
    [
        ("spectral", "widgets", False),
        ("widgets", "spectral", True),
        ("synthesis", "soundfont", False),
        ("models.networks.comb", "models.networks.presets", False),
        ("training.loop", "training.batches", True),
        ("models.prior", "models.pretrained", False),
    ],
)
def test_an_import_from_a_floor_above_or_beside_is_caught(tmp_path, lower, imports, kept):
    result = lint_imports(tmp_path, {f"nsynthlib.{lower}": f"import nsynthlib.{imports}\n"})
    assert (result.returncode == 0) is kept, result.stdout + result.stderr


@pytest.mark.parametrize("newcomer", ["nsynthlib.newcomer", "nsynthlib.models.newcomer"])
def test_a_file_without_a_floor_is_caught(tmp_path, newcomer):
    assert lint_imports(tmp_path, {newcomer: ""}).returncode == 1


def test_the_server_names_types_that_browsers_accept(tmp_path):
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # whatever the environment's proxy
    with serving(tmp_path) as address:
        for name, kind in {"a.mjs": "text/javascript", "a.js": "text/javascript", "a.wasm": "application/wasm"}.items():
            (tmp_path / name).touch()
            with direct.open(f"{address}/{name}") as answer:
                assert answer.headers["Content-Type"] == kind


@pytest.mark.parametrize(
    ("error", "told"), [(BrokenPipeError, False), (ConnectionResetError, False), (ValueError, True)]
)
def test_a_browser_that_hangs_up_leaves_no_traceback(tmp_path, capsys, error, told):
    class Hung(Handler):
        def do_GET(self):
            raise error

    with serving(tmp_path, Hung) as address, pytest.raises(RemoteDisconnected):
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address)
    assert ("Traceback" in capsys.readouterr().err) is told
