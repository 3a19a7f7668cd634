"""A model of whatever kind its folder tells."""

from __future__ import annotations

import os
from pathlib import Path

from nsynthlib.errors import UsageError
from nsynthlib.files import read_json
from nsynthlib.models.autoencoders import AE, CVAE, KINDS
from nsynthlib.models.sources import PRETRAINED
from nsynthlib.values import shown


def load_model(name: str | os.PathLike[str] | None = None) -> AE:
    """The model of a run folder or of shipped weights, of whatever kind; a CVAE where nothing tells the kind.

    Raises:
        UsageError: as ``from_pretrained`` does, or if the record of the run tells a kind that is unknown.

    >>> model = load_model("cvae_thesis")
    >>> type(model).__name__, model.latent_dim
    ('CVAE', 128)
    """
    if name is None:
        return CVAE.from_pretrained()
    records = (Path(name) / "settings.json", PRETRAINED / name / "training.json")
    record = next((path for path in records if path.exists()), None)
    return _kind_of(record).from_pretrained(name) if record else CVAE.from_pretrained(name)


def _kind_of(record: Path) -> type[AE]:
    content = read_json(record)
    settings = content.get("settings") if isinstance(content, dict) else None
    kind = settings.get("kind") if isinstance(settings, dict) else None
    if not isinstance(kind, str) or kind not in KINDS:
        raise UsageError(
            f"{record}: tells the kind of model {shown(kind)}, not {' or '.join(KINDS)}; "
            "it belongs to another version, or to something else"
        )
    return KINDS[kind]
