"""An explorer as one module, as Jupyter Book 2 loads it: what it draws, and that it asks for nothing else."""

import pytest
from helpers import ROOT, in_python
from serve import serving

HOST = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<link rel="stylesheet" href="explorer.css">
<div id="here"></div>
<script type="module">
import widget from "./explorer.mjs";
widget.render({ model: { get: () => undefined }, el: document.getElementById("here") });
</script>"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("exit")
    script = made / "make_explorer.py"
    script.write_text((ROOT / "exits" / "jupyter-book-2" / "make_explorer.py").read_text(encoding="utf-8"))
    in_python(script)
    (made / "page.html").write_text(HOST, encoding="utf-8")
    return made


def test_the_module_is_an_explorer_by_itself(folder, visit):
    window = visit()
    with serving(folder) as address:
        window.page.goto(f"{address}/page.html")
        slider = window.page.locator("input[type=range]")
        slider.focus()
        before = window.page.locator("#here").inner_text()
        slider.press("ArrowRight")
        assert window.page.locator("#here").inner_text() != before
        assert window.page.locator("#here canvas").count() >= 2
        assert window.complaints == []
        assert window.strays(address) == []


def test_the_page_names_the_files_that_are_made(folder):
    page = (ROOT / "exits" / "jupyter-book-2" / "index.md").read_text(encoding="utf-8")
    assert ":::{anywidget} explorer.mjs\n:css: explorer.css\n" in page
    assert {path.name for path in folder.glob("explorer.*")} == {"explorer.mjs", "explorer.css"}
