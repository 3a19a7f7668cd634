"""Take out of pages what a reader may never ask for, so that they open fast.

Sounds and pictures that are written into a page, and the state of each explorer, become files beside it. A player's
sound and an explorer are loaded when a reader comes near (``players.js``, ``_widgets/page.mjs``).
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from nsynthlib.files import atomic

STATE = "application/vnd.jupyter.widget-state+json"
VIEW = re.compile(r'<script type="application/vnd\.jupyter\.widget-view\+json">(\{[^<]*\})</script>')
REFERENCE = re.compile(r"IPY_MODEL_(\w+)")
MEDIA = re.compile(r"data:(?:audio|image)/(\w+);base64,([A-Za-z0-9+/]{1000,}=*)")  # shorter ones can stay
EXTENSIONS = {"mpeg": "mp3", "wav": "wav", "png": "png", "jpeg": "jpg"}

Store = Callable[[bytes, str], str]  # keeps bytes under an extension and tells their address from the page


def lift_media(text: str, store: Store) -> str:
    """``text`` with the address of a file in place of each data URL.

    >>> lift_media('src="data:audio/wav;base64,' + 1000 * "AAAA" + '"', lambda data, kind: f"{len(data)}.{kind}")
    'src="3000.wav"'
    """
    return MEDIA.sub(lambda found: store(base64.b64decode(found[2]), EXTENSIONS[found[1]]), text)


def groups(models: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Models that refer to one another, together; each model once.

    >>> list(groups({"a": {"of": "IPY_MODEL_c"}, "b": {}, "c": {}}))
    [{'a': {'of': 'IPY_MODEL_c'}, 'c': {}}, {'b': {}}]
    """
    joined: dict[str, set[str]] = {name: {name} for name in models}
    for name, model in models.items():
        for other in set(REFERENCE.findall(json.dumps(model))) & set(models):
            if joined[name] is not joined[other]:
                joined[name] |= joined[other]
                for member in joined[other]:
                    joined[member] = joined[name]
    for members in {id(group): group for group in joined.values()}.values():
        yield {name: model for name, model in models.items() if name in members}


def lift_states(body: str, state: dict[str, Any], store: Store) -> str:
    """``body`` with, at the place of each widget, the address of its state: the models that it needs and no others."""
    files: dict[str, str] = {}
    views = {json.loads(view)["model_id"] for view in VIEW.findall(body)}
    for models in groups(state["state"]):
        shown = views & set(models)
        if shown:
            address = store(json.dumps(state | {"state": models}, separators=(",", ":")).encode(), "json")
            files |= dict.fromkeys(shown, address)

    def place(found: re.Match[str]) -> str:
        address = files[json.loads(found[1])["model_id"]]
        return found[0].replace(">", f' data-state="{address}">', 1)

    return VIEW.sub(place, body)


def lift(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Write the files of one page, and their addresses into it."""

    def store(data: bytes, extension: str) -> str:
        name = f"_media/{hashlib.sha256(data).hexdigest()[:20]}.{extension}"
        path = Path(app.outdir) / name
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            with atomic(path) as partial:
                partial.write_bytes(data)
        return context["pathto"](name, 1)

    body = lift_media(context.get("body", ""), store)
    kept = []
    for script in context.get("script_files", []):
        attributes = getattr(script, "attributes", {})
        if attributes.get("type") == STATE:
            body = lift_states(body, json.loads(lift_media(attributes["body"], store)), store)
        else:
            kept.append(script)
    context["body"] = body.replace('<audio controls preload="metadata"', '<audio controls preload="none"')
    context["script_files"] = kept


def setup(app: Sphinx) -> dict[str, bool]:
    """Run after the extensions that add scripts to a page."""
    app.connect("html-page-context", lift, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
