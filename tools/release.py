"""Build what is released, and try it where nothing else is: ``python tools/release.py``.

The version must stand in the package, in CITATION.cff and in CHANGELOG.md. An sdist is made of what git holds, and the
wheel of that sdist; both go to `dist/`. Then the wheel is installed into an empty environment, with what it depends on
as pinned in requirements.txt, and makes a note there, whose length and pitch are measured.
"""

import argparse
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

import nsynthlib
from nsynthlib import read_own_sound
from nsynthlib.audio import estimate_pitch
from nsynthlib.audio.format import SAMPLE_RATE, SAMPLES

ROOT = Path(__file__).resolve().parent.parent
VERSION = nsynthlib.__version__
NEEDED = (
    "py.typed",
    "constants.json",
    "pretrained/cvae/model.safetensors",
    "pocket_notes/examples.json",
    "web/engine/engine.mjs",
    "web/page/explorer.css",
)
PITCH = 69  # A4, 440 Hz
CENTS = 50  # by which the note may be out of tune


def version_faults(root: Path = ROOT, version: str = VERSION) -> list[str]:
    """Where another version stands than the package's, a line each."""
    citation = (root / "CITATION.cff").read_text(encoding="utf-8")
    changes = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    found = []
    if not re.search(rf"^version: {re.escape(version)}$", citation, re.MULTILINE):
        found.append(f"CITATION.cff: does not name version {version}, which the package has; change it there")
    if not re.search(rf"^## \[{re.escape(version)}\]", changes, re.MULTILINE):
        found.append(f"CHANGELOG.md: has no section for version {version}; add one, from what stands under Unreleased")
    return found


def build(out: Path) -> tuple[Path, Path]:
    """The sdist and, made of it alone, the wheel."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        tree.mkdir()
        archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
        subprocess.run(["tar", "-x"], cwd=tree, input=archive, check=True)
        _backend("build_sdist", tree, out)
        (sdist,) = out.glob("*.tar.gz")
        with tarfile.open(sdist) as tar:
            tar.extractall(folder, filter="data")
        _backend("build_wheel", Path(folder) / sdist.name.removesuffix(".tar.gz"), out)
    (wheel,) = out.glob("*.whl")
    return sdist, wheel


def _backend(what: str, tree: Path, out: Path) -> None:
    """What a builder does, by the pinned setuptools that is installed here."""
    code = f"from setuptools import build_meta; build_meta.{what}({str(out)!r})"
    done = subprocess.run([sys.executable, "-c", code], cwd=tree, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{what}: {done.stderr.strip().splitlines()[-1]}")


def missing(wheel: Path) -> list[str]:
    """What the wheel should hold and does not."""
    with zipfile.ZipFile(wheel) as file:
        held = set(file.namelist())
    return [name for name in NEEDED if f"nsynthlib/{name}" not in held]


def install(wheel: Path, folder: Path, libraries: Path | None) -> Path:
    """The Python of an empty environment that has the wheel; ``libraries`` are another's, for want of a network."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    if libraries is None:
        subprocess.run([*pip, "--constraint", str(ROOT / "requirements.txt"), str(wheel)], check=True)
    else:
        subprocess.run([*pip, "--no-deps", str(wheel)], check=True)
        where = "import sysconfig; print(sysconfig.get_path('purelib'))"
        own = subprocess.check_output([python, "-c", where], text=True).strip()
        Path(own, "libraries.pth").write_text(f"{libraries}\n", encoding="utf-8")
    return python


def try_note(python: Path, folder: Path) -> tuple[float, float]:
    """Seconds, and cents from the pitch that was asked for, of a note made in an empty folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    note = folder / "note.wav"
    asked = ["generate", str(note), "--pitch", str(PITCH), "--family", "organ", "--seed", "0"]
    where = "import nsynthlib; print(nsynthlib.__file__, nsynthlib.__version__)"
    told = subprocess.check_output([python, "-c", where], cwd=folder, env=environment, text=True)
    place, version = told.rsplit(maxsplit=1)
    if version != VERSION or ROOT in Path(place).parents:
        sys.exit(f"{place}: is version {version}, and not the wheel's; nothing was tried")
    subprocess.run([python, "-m", "nsynthlib", *asked], cwd=folder, env=environment, check=True)
    audio = read_own_sound(note)
    heard = estimate_pitch(audio)
    return len(audio) / SAMPLE_RATE, 100 * (heard - PITCH)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Build what is released, and try it where nothing else is.")
    parser.add_argument("--libraries", type=Path, help="take what it depends on from this folder of installed packages")
    options = parser.parse_args(arguments)
    if faults := version_faults():
        sys.exit("\n".join(faults))
    out = ROOT / "dist"
    out.mkdir(exist_ok=True)
    for old in (*out.glob("nsynthlib-*.tar.gz"), *out.glob("nsynthlib-*.whl")):
        old.unlink()
    sdist, wheel = build(out)
    if lacking := missing(wheel):
        sys.exit(f"{wheel.name}: lacks {', '.join(lacking)}")
    with tempfile.TemporaryDirectory() as folder:
        python = install(wheel, Path(folder) / "empty", options.libraries)
        seconds, cents = try_note(python, Path(folder))
    if seconds != SAMPLES / SAMPLE_RATE or abs(cents) > CENTS:
        sys.exit(f"the note lasts {seconds:.3f} s and is {cents:.0f} cents off; nothing was released")
    sizes = ", ".join(f"{path.name} {path.stat().st_size / 1e6:.1f} MB" for path in (sdist, wheel))
    print(f"{sizes}; a note of {seconds:.1f} s, {cents:+.0f} cents from what was asked. To publish it: CONTRIBUTING.md")


if __name__ == "__main__":
    main()
