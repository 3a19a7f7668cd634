"""Run the chapters' explorers in JupyterLab and Notebook, with a real kernel and a real browser.

    pip install --target FOLDER 'jupyterlab==4.6.*' 'notebook==7.6.*'
    python tools/drive_jupyter.py FOLDER                          every chapter, in both
    python tools/drive_jupyter.py FOLDER --app lab 02_stft        one chapter, in JupyterLab

JupyterLab is none of the requirements, so it comes from a folder of its own. Of each chapter a small notebook is made:
its explorers, and the cells that define what they need. All cells are run, a control of each explorer is moved, and its
picture or its sound must change by an answer of the kernel; neither the browser's console nor the server's log may tell
of an error. A line is printed for each; the exit code is 1 if any failed. Needs Chromium, as the tests do.
"""

import argparse
import ast
import builtins
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from nbformat import NotebookNode
from playwright.sync_api import Locator, Page
from playwright.sync_api import TimeoutError as TooLate
from reading import SOUND, chromium

ROOT = Path(__file__).resolve().parent.parent
EXPLORER = re.compile(r"widgets\.(\w+_explorer|\w+_map|error_atlas|abx|instrument)\(")
APPS = {"lab": ("jupyterlab", "LabApp", "lab/tree"), "notebook": ("notebook", "JupyterNotebookApp", "notebooks")}
# That a chapter's cells may take, an explorer to appear, and a control to show what it does.
RUN_SECONDS, SHOWN_SECONDS, MOVE_SECONDS = 600, 120, 30
QUIET = ("--disable-background-networking", "--disable-component-update", "--no-first-run", "--disable-sync")
# Controls in the order they are tried: what is pressed on them, or None where another is chosen, or clicked.
CONTROLS = (
    (".noUi-handle, [role=slider], input[type=range]", "ArrowRight"),
    ("select", None),
    ("[tabindex='0']:is(canvas, svg, div[role=application], div[role=img], div[role=listbox])", "ArrowRight"),
    ("button:not([aria-label*='full size' i]):enabled", None),
)
# What can be seen and heard of a cell's output: canvases, drawings, sounds, a
# listening test. No other words: a control tells its own.
SEEN = """(cell) => {
  const of = (selector, told) => [...cell.querySelectorAll(selector)].map(told);
  return JSON.stringify([
    of(".jp-OutputArea canvas", (canvas) => canvas.width && canvas.toDataURL()),
    of(".jp-OutputArea svg", (svg) => svg.outerHTML),
    of(".jp-OutputArea audio", (audio) => audio.src),
    of(".jp-OutputArea .nn-abx", (test) => test.innerHTML),
  ]);
}"""

# A control as its reader is told of it.
NAME = """(control) => {
  const name = control.ariaLabel || control.labels?.[0]?.textContent || control.textContent;
  return `"${name.trim().slice(0, 60)}" (${control.role || control.tagName.toLowerCase()})`;
}"""


def parsed(source: str) -> ast.Module:
    return ast.parse("\n".join(line for line in source.splitlines() if not line.lstrip().startswith(("%", "!"))))


def shown_explorer(source: str) -> str | None:
    """The name of the explorer that a cell shows: what its last line makes."""
    last = parsed(source).body[-1:]
    found = EXPLORER.search(ast.unparse(last[0])) if last and isinstance(last[0], ast.Expr) else None
    return found[1] if found else None


def names_of(source: str) -> tuple[set[str], set[str]]:
    """What a cell defines, and what it uses of others."""
    tree = parsed(source)
    made: set[str] = set()
    used: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else made).add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            made.add(node.name)
        elif isinstance(node, ast.alias):
            made.add((node.asname or node.name).split(".")[0])
    return made, used - set(dir(builtins))


def small_notebook(chapter: Path) -> tuple[NotebookNode, dict[int, str]]:
    """A chapter's explorers with what they need, and the explorers' names by the place of their cell."""
    cells = [c.source for c in nbformat.read(chapter, 4).cells if c.cell_type == "code"]
    needed: set[str] = set()
    kept: list[str] = []
    for source in reversed(cells):
        made, used = names_of(source)
        if shown_explorer(source) or made & needed:
            needed = (needed - made) | used
            kept.insert(0, source)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in kept])
    notebook.metadata["kernelspec"] = {"name": "driven", "display_name": "driven", "language": "python"}
    return notebook, {i: name for i, source in enumerate(kept) if (name := shown_explorer(source))}


@contextmanager
def jupyter(app: str, libraries: Path, home: Path) -> Iterator[tuple[str, Path]]:
    """The address of JupyterLab or Notebook with ``home/work`` for its folder, and its log."""
    module, traits, _ = APPS[app]
    kernel = home / "data" / "kernels" / "driven"
    settings = home / "settings" / "@jupyterlab"
    for folder in (kernel, settings / "notebook-extension", settings / "apputils-extension"):
        folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": command, "display_name": "driven", "language": "python", "env": {"PYTHONPATH": str(ROOT)}}
    (kernel / "kernel.json").write_text(json.dumps(spec))
    (settings / "apputils-extension/notification.jupyterlab-settings").write_text('{"fetchNews": "false"}')
    every_cell = '{"windowingMode": "none"}'  # is on the page, not only those in sight
    (settings / "notebook-extension/tracker.jupyterlab-settings").write_text(every_cell)
    environment = os.environ | {
        "PYTHONPATH": str(libraries),
        "JUPYTER_PATH": os.pathsep.join((str(home / "data"), str(libraries / "share/jupyter"))),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "JUPYTERLAB_DIR": str(libraries / "share/jupyter/lab"),
    }
    log = home / f"{app}.log"
    options = [f"--{traits}.expose_app_in_browser=True", "--ServerApp.root_dir=" + str(home / "work"), "--no-browser"]
    options += ["--IdentityProvider.token=", "--ServerApp.port=0", "--ServerApp.allow_root=True"]
    with log.open("w") as told:
        server = subprocess.Popen([sys.executable, "-m", module, *options], env=environment, stdout=told, stderr=told)
    try:
        yield _address(log, server), log
    finally:
        server.terminate()
        server.wait(30)


def _address(log: Path, server: subprocess.Popen[bytes]) -> str:
    """Where the server says it listens."""
    for _ in range(240):
        if found := re.search(r"http://(?:localhost|127\.0\.0\.1):(\d+)/", log.read_text()):
            return f"http://127.0.0.1:{found[1]}"
        if server.poll() is not None:
            break
        time.sleep(0.5)
    raise SystemExit(f"Jupyter did not start: {log.read_text()[-600:]}")


def run_cells(page: Page, address: str, app: str, name: str) -> None:
    """Open a notebook and run all its cells, until the kernel has nothing left to do."""
    page.goto(f"{address}/{APPS[app][2]}/{name}?reset", wait_until="domcontentloaded", timeout=120_000)
    page.wait_for_function(
        """(name) => {
          const shown = window.jupyterapp?.shell?.currentWidget;
          return shown?.context?.path === name && shown.context.isReady && shown.sessionContext.isReady;
        }""",
        arg=name,
        timeout=180_000,
    )
    page.evaluate(
        "() => { window.jupyterapp.commands.execute('notebook:run-all-cells').then(() => (window.ran = 1)); }"
    )
    page.wait_for_function("() => window.ran === 1", timeout=1000 * RUN_SECONDS)


def drive(page: Page, cell: Locator, answers: list[str]) -> str:
    """Move one control of an explorer until something else is seen or heard; says which, or raises AssertionError."""
    output = cell.locator(".jp-OutputArea").first
    failed = output.locator(".jp-RenderedText[data-mime-type*=stderr], [data-mime-type*=error]")
    assert not failed.count(), failed.first.inner_text()[-300:]
    output.locator("canvas, svg, button").first.wait_for(timeout=1000 * SHOWN_SECONDS)
    output.evaluate("(element) => element.scrollIntoView()")  # explorers in sight ask the kernel
    _wait_until_quiet(page, answers)  # else an answer to what was before would be taken for one to this
    for selector, key in CONTROLS:
        controls = output.locator(selector)
        for control in [c for c in controls.all()[:4] if c.is_visible()]:
            before, answered = cell.evaluate(SEEN), len(answers)
            _move(control, key)
            try:
                page.wait_for_function(
                    f"([cell, before]) => ({SEEN})(cell) !== before",
                    arg=[cell.element_handle(), before],
                    timeout=1000 * MOVE_SECONDS,
                )
            except TooLate:
                continue
            page.wait_for_timeout(500)
            by = "the kernel answered" if len(answers) > answered else "no answer was needed"
            return f"{control.evaluate(NAME)} moved, {by}"
    raise AssertionError("no control changes what is seen or heard")


def _wait_until_quiet(page: Page, answers: list[str]) -> None:
    """At least 1.5 s, until the kernel was idle and sent no answer for as long; at most 30 s."""
    idle = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'"
    for _ in range(20):
        before = len(answers)
        page.wait_for_timeout(1500)
        if len(answers) == before and page.evaluate(idle):
            return


def _move(control: Locator, key: str | None) -> None:
    control.scroll_into_view_if_needed()
    if key:
        control.focus()
        control.press(key)
    elif control.evaluate("(element) => element.tagName") == "SELECT":
        control.select_option(index=1 if control.evaluate("(element) => element.selectedIndex") == 0 else 0)
    else:
        control.click()


def check_chapter(page: Page, address: str, app: str, chapter: Path, work: Path) -> int:
    """Drive every explorer of a chapter; prints a line each, returns how many failed."""
    notebook, explorers = small_notebook(chapter)
    if not explorers:
        return 0
    nbformat.write(notebook, work / chapter.name)
    faults: list[str] = []
    answers: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("websocket", lambda socket: socket.on("framereceived", lambda data: answers.extend(_comm(data))))
    started, failures = time.monotonic(), 0
    run_cells(page, address, app, chapter.name)
    print(f"{app} {chapter.stem}: {len(notebook.cells)} cells in {time.monotonic() - started:.0f} s", flush=True)
    for place, name in explorers.items():
        faults.clear()
        try:
            told = "ok: " + drive(page, page.locator(".jp-Notebook .jp-CodeCell").nth(place), answers)
            assert not faults, f"console: {faults[0][:300]}"
        except (AssertionError, TooLate) as error:
            told, failures = "FAILED: " + str(error).strip().splitlines()[0], failures + 1
        print(f"  {name} (cell {place + 1}) {told}", flush=True)
    return failures


def _comm(data: Any) -> list[str]:
    """Names of a widget's messages in a frame of a kernel's socket."""
    return ["comm_msg"] if b"comm_msg" in (data if isinstance(data, bytes) else data.encode()) else []


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("libraries", type=Path, help="the folder of `pip install --target`")
    parser.add_argument("chapters", nargs="*", help="their names, 02_stft say; all without any")
    parser.add_argument("--app", choices=list(APPS), help="one of them; both without it")
    asked = parser.parse_intermixed_args()
    chapters = [p for p in sorted(ROOT.glob("chapters/*.ipynb")) if not asked.chapters or p.stem in asked.chapters]
    failures = 0
    with chromium(SOUND, *QUIET) as browser, TemporaryDirectory() as folder:
        for app in [asked.app] if asked.app else APPS:
            home = Path(folder) / app
            (home / "work").mkdir(parents=True)
            with jupyter(app, asked.libraries.resolve(), home) as (address, log):
                for chapter in chapters:
                    page = browser.new_page(viewport={"width": 1280, "height": 1000})
                    try:
                        failures += check_chapter(page, address, app, chapter, home / "work")
                    except TooLate as error:
                        print(f"{app} {chapter.stem} FAILED: {str(error).splitlines()[0]}", flush=True)
                        failures += 1
                    page.close()
                    _end_kernels(address)
                for line in [line for line in log.read_text().splitlines() if "Traceback" in line or "Error" in line]:
                    print(f"{app} log: {line[:200]}")
                    failures += 1
    return int(failures > 0)


def _end_kernels(address: str) -> None:
    """Each holds a gigabyte."""
    import requests

    for session in requests.get(f"{address}/api/sessions", timeout=30).json():
        requests.delete(f"{address}/api/sessions/{session['id']}", timeout=30)


if __name__ == "__main__":
    sys.exit(main())
