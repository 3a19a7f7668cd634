"""Weights by name: those that come with the package, those of a folder, those of a repository on the hub."""

from __future__ import annotations

import io
import os
import re
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

from huggingface_hub import PyTorchModelHubMixin, hf_hub_download
from huggingface_hub.errors import EntryNotFoundError
from safetensors import SafetensorError
from safetensors.torch import save
from torch import nn

from nsynthlib.errors import UsageError
from nsynthlib.files import atomic, write_json

if TYPE_CHECKING:
    from typing_extensions import Self

PRETRAINED = Path(__file__).parent.parent / "pretrained"
CONFIG, WEIGHTS = "config.json", "model.safetensors"


class Pretrained(nn.Module, PyTorchModelHubMixin):
    """A network that :func:`save_weights` writes and that is read by name; ``made_by`` is what trains it."""

    made_by = "nsynthlib train"

    @classmethod
    def from_pretrained(  # type: ignore[override]
        cls, name: str | os.PathLike[str] | None = None, **options: Any
    ) -> Self:
        """The shipped weights, those of a run folder, or of a repository ``owner/name`` on the Hugging Face hub.

        Args:
            name: of the folder or repository, or of other weights that are shipped: ``"cvae_thesis"``.

        Raises:
            UsageError: if there are none of that name, or they belong to another kind of model.
        """
        shipped = PRETRAINED / str(name or cls.__name__.lower())
        source = str(shipped if shipped.is_dir() else name or shipped)
        advice = f"{source!r} holds no {cls.__name__}; name a folder made by `{cls.made_by}`, or owner/name on the hub"
        if Path(source).is_dir():
            known = (Path(source) / CONFIG).exists()
        else:
            known = re.fullmatch(r"[\w.-]+/[\w.-]+", source) is not None
        if not known:
            raise UsageError(advice)
        try:
            with redirect_stdout(io.StringIO()):  # the mixin prints where it reads from
                return super().from_pretrained(source, **options).eval()
        except (OSError, ValueError, TypeError, RuntimeError, SafetensorError) as error:
            raise UsageError(f"{advice} ({str(error).strip().splitlines()[0]})") from None


def save_weights(model: nn.Module, folder: Path) -> None:
    """``config.json`` and ``model.safetensors`` for ``from_pretrained``; the weights appear whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / CONFIG, model._hub_mixin_config)
    with atomic(folder / WEIGHTS) as partial:
        partial.write_bytes(save({k: v.contiguous() for k, v in model.state_dict().items()}))


def hub_file(repo_id: str, name: str, **options: Any) -> str | None:
    """Local path of a file of a repository on the hub, or ``None`` where it has no such file."""
    try:
        return hf_hub_download(repo_id, name, **options)
    except EntryNotFoundError:
        return None
