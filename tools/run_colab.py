"""Run the written notebooks as a reader does in Google Colab: with its libraries, in an empty folder, from the site.

    python tools/run_colab.py .venv-colab                 every notebook; printed numbers are compared with stored ones
    python tools/run_colab.py .venv-colab --claim-cuda    the same with a GPU claimed (`fake_cuda.py`); no cell may fail
    python tools/run_colab.py .venv-colab 01_sampling     one notebook only

A copy of the site's `notebooks/` is served on this machine. Each notebook has a fresh environment on top of the given
one, into which its own set-up cell installs the package; afterwards that must hold the package and mido alone, and the
given one be as it was. Nothing else can be downloaded: every other address leads to a closed port.

Only the kernel runs on Colab's libraries. nbval, which compares, belongs to the Python that runs this file.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.metadata import distributions
from pathlib import Path

from serve import serving

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "book" / "_ext"))
from written_notebooks import KEPT, write_all  # noqa: E402

INSTALLED = {"nsynthlib", "mido"}  # by the set-up cell
CLOSED = "http://127.0.0.1:9"  # where nothing listens
AT_ONCE = 2


@contextmanager
def deployed(built: Path, folder: Path) -> Iterator[None]:
    """A copy of what the built site's ``notebooks/`` holds, written for and served under an address of this machine."""
    with serving(folder) as address:
        faults = write_all(built / KEPT, ROOT, folder / "notebooks", f"{address}/")
        if faults or not list((folder / "notebooks").glob("nsynthlib-*.whl")):
            sys.exit("\n".join(faults) or f"{built} holds no wheel of nsynthlib; run make book first")
        yield


def packages(environment: Path) -> Path:
    """The folder that holds an environment's packages."""
    return next(environment.glob("lib/python3.*/site-packages"))


def state(environment: Path) -> dict[str, tuple[int, int]]:
    """Size and time of each file of an environment, but for compiled copies, which Python adds by itself."""
    files = (path for path in packages(environment).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}


def make_layer(base: Path, layer: Path, kernel: list[str]) -> None:
    """A new environment that sees the packages of ``base``, and a kernel named ``colab`` that runs in it."""
    python = base / "bin" / "python"
    subprocess.run([python, "-m", "venv", "--without-pip", layer], check=True)
    # By addsitedir, so that what `base` does at its start is done here, too.
    line = f"import site; site.addsitedir({str(packages(base))!r})\n"
    (packages(layer) / "colab.pth").write_text(line, encoding="utf-8")
    spec = layer / "share" / "jupyter" / "kernels" / "colab"
    spec.mkdir(parents=True)
    argv = [str(layer / "bin" / "python"), str(ROOT / "tools" / "colab_kernel.py"), *kernel, "-f", "{connection_file}"]
    about = {"argv": argv, "display_name": "Colab", "language": "python"}
    (spec / "kernel.json").write_text(json.dumps(about), encoding="utf-8")


def environment(layer: Path, home: Path) -> dict[str, str]:
    """All that a notebook's kernel is told by its surroundings."""
    return {
        "PATH": os.defpath,
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "JUPYTER_PATH": str(layer / "share" / "jupyter"),
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1"),
        "PIP_NO_INDEX": "1",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "http_proxy": CLOSED,
        "https_proxy": CLOSED,
        "no_proxy": "127.0.0.1",
    }


def run(notebook: Path, base: Path, work: Path, claim_cuda: bool) -> str:
    """Run one notebook in an empty folder; what went wrong, or nothing."""
    layer, folder = work / "layers" / notebook.stem, work / "content" / notebook.stem
    make_layer(base, layer, ["--claim-cuda"] if claim_cuda else [])
    folder.mkdir(parents=True)
    shutil.copy(notebook, folder)
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--tb=short",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        work,
    ]
    command += ["--nbval-lax" if claim_cuda else "--nbval", "--nbval-kernel-name", "colab"]
    command += ["--nbval-sanitize-with", ROOT / "tests" / "nbval.cfg", "--nbval-cell-timeout", "1800"]
    surroundings = environment(layer, work)
    done = subprocess.run(
        [*command, folder / notebook.name], cwd=folder, env=surroundings, capture_output=True, text=True, check=False
    )
    installed = {found.metadata["Name"] for found in distributions(path=[str(packages(layer))])}
    if done.returncode:
        return done.stdout + done.stderr
    return "" if installed == INSTALLED else f"its set-up cell installed {', '.join(sorted(installed)) or 'nothing'}\n"


def run_all(base: Path, built: Path, names: list[str], claim_cuda: bool) -> bool:
    """Run the named notebooks, or all, and say of each how it went and how long it took; whether all went well."""
    before = state(base)
    with tempfile.TemporaryDirectory(prefix="colab-") as temporary:
        work = Path(temporary)
        (work / "site").mkdir()
        shutil.copy(ROOT / "conftest.py", work)
        with deployed(built, work / "site"), ThreadPoolExecutor(AT_ONCE) as pool:
            notebooks = sorted((work / "site" / "notebooks").glob("*.ipynb"), reverse=True)  # later ones take longer
            chosen = [notebook for notebook in notebooks if not names or notebook.stem in names]
            if unknown := set(names) - {notebook.stem for notebook in notebooks}:
                sys.exit(f"no such notebook: {', '.join(sorted(unknown))}")

            def timed(notebook: Path) -> str:
                start = time.monotonic()
                fault = run(notebook, base, work, claim_cuda)
                print(
                    f"{notebook.stem:18}{time.monotonic() - start:5.0f} s  {'FAILED' if fault else 'well'}", flush=True
                )
                return f"\n{notebook.name}:\n{fault}" if fault else ""

            faults = [fault for fault in pool.map(timed, chosen) if fault]
    changed = sorted(path for path, _ in before.items() ^ state(base).items())
    if changed:
        faults.append(f"\n{len(changed)} files of {base} are no longer what they were, among them {changed[0]}")
    print("".join(faults), file=sys.stderr, end="")
    return not faults


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Run the written notebooks with Colab's versions of every library.")
    parser.add_argument("environment", type=Path, help="holds Colab's libraries, and no package of the book")
    parser.add_argument("notebooks", nargs="*", help="their names without .ipynb; all if none is named")
    parser.add_argument("--claim-cuda", action="store_true", help="pretend that there is a GPU; compare no numbers")
    parser.add_argument("--built", type=Path, default=ROOT / "_build", help="the folder of the built book")
    options = parser.parse_args(arguments)
    return int(not run_all(options.environment.resolve(), options.built, options.notebooks, options.claim_cuda))


if __name__ == "__main__":
    sys.exit(main())
