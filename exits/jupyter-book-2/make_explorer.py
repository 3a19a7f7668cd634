"""Write an explorer as one module for Jupyter Book 2: ``python make_explorer.py``, beside `index.md`.

There its directive ``{anywidget}`` gives a module settings as JSON, and no bytes. So all that the explorer shows stands
in the module itself, which then looks for nothing else.
"""

import base64
import json
from pathlib import Path
from typing import Any

from nsynthlib.files import atomic
from nsynthlib.widgets import rate_explorer
from nsynthlib.widgets.modules import WEB, one_file

HERE = Path(__file__).parent
VIEW = WEB / "views" / "rate.mjs"

# The view asks its model for the names below, of which some are bytes; the rest goes to the book's own model.
MODULE = """{view}
const kept = {kept};
const bytes = {bytes};
for (const [name, text] of Object.entries(bytes)) {{
  kept[name] = new DataView(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
}}
export default {{
  render: ({{ model, el }}) => view.render({{ model: {{ get: (name) => kept[name] ?? model.get(name) }}, el }}),
}};
"""


def module() -> str:
    """The source of the module."""
    widget = rate_explorer()
    state: dict[str, Any] = {name: value for name, value in widget.get_state().items() if not name.startswith("_")}
    held = {name: base64.b64encode(value).decode() for name, value in state.items() if isinstance(value, bytes)}
    plain = {name: state[name] for name in widget.traits(sync=True) if name in state.keys() - held - {"layout"}}
    view = one_file(VIEW).replace("export default", "const view =")
    return MODULE.format(view=view, kept=json.dumps(plain), bytes=json.dumps(held))


def main() -> None:
    style = rate_explorer()._css
    for name, text in (("explorer.mjs", module()), ("explorer.css", style)):
        with atomic(HERE / name) as path:
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
