"""Weights by name, read whole or not at all: those of the package, of a folder, of a repository on the hub."""

from __future__ import annotations

import inspect
import os
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from huggingface_hub import PyTorchModelHubMixin
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from nsynthlib.errors import DataError, UsageError
from nsynthlib.files import atomic, read_settings, write_json
from nsynthlib.models.sources import PRETRAINED, NotThere, Source, find

if TYPE_CHECKING:
    from typing_extensions import Self

CONFIG, WEIGHTS = "config.json", "model.safetensors"


class Pretrained(nn.Module, PyTorchModelHubMixin):
    """A network that :func:`save_weights` writes and that is read by name; ``made_by`` is what trains it."""

    made_by = "nsynthlib train"

    @classmethod
    def from_pretrained(  # type: ignore[override]
        cls,
        name: str | os.PathLike[str] | None = None,
        *,
        revision: str | None = None,
        token: str | bool | None = None,
        cache_dir: str | os.PathLike[str] | None = None,
        force_download: bool = False,
        local_files_only: bool = False,
    ) -> Self:
        """The shipped weights, those of a run folder, or of a repository ``owner/name`` on the Hugging Face hub.

        Args:
            name: of the folder or repository, or of other weights that are shipped: ``"cvae_thesis"``.
            revision, token, cache_dir, force_download, local_files_only: of the download from the hub, see
                ``huggingface_hub.hf_hub_download``.

        Raises:
            UsageError: if there are none of that name, or they are not those of this kind of model, every tensor of
                them and no other; the line names the first that is not.
        """
        hub = {"revision": revision, "token": token, "cache_dir": cache_dir}
        hub |= {"force_download": force_download, "local_files_only": local_files_only}
        asked = cls.__name__.lower() if name is None else name
        try:
            source = find(PRETRAINED / asked if name is None else asked, CONFIG, hub)
            model = cls(**_arguments(cls, _needed(source, CONFIG)))
            load_weights(model, _needed(source, WEIGHTS))
            model.load_beside(source)
        except (NotThere, OSError, ValueError, TypeError, RuntimeError) as error:
            told = str(error).strip().splitlines()[0]
            if isinstance(error, NotThere):
                told += f"; name a folder made by `{cls.made_by}`, or owner/name on the hub"
            raise UsageError(f"{str(asked)!r} holds no {cls.__name__}: {told}") from None
        return model.eval()

    def load_beside(self, source: Source) -> None:
        """Read what a kind of model keeps beside its weights: nothing, unless a kind says otherwise."""


def save_weights(model: nn.Module, folder: Path) -> None:
    """``config.json`` and ``model.safetensors`` for ``from_pretrained``; the weights appear whole or not at all.

    >>> from pathlib import Path
    >>> model = AE("small", latent_dim=8)
    >>> Path("mine").mkdir()
    >>> save_weights(model, Path("mine"))
    >>> AE.from_pretrained("mine").latent_dim
    8
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / CONFIG, model._hub_mixin_config)
    with atomic(folder / WEIGHTS) as partial:
        partial.write_bytes(save({k: v.contiguous() for k, v in model.state_dict().items()}))


def load_weights(model: nn.Module, path: Path) -> None:
    """Fill every tensor of ``model`` from a file of safetensors that holds them all, and no others.

    Raises DataError, which names the first tensor that is missing, unknown, of another shape, or not of finite numbers.
    """
    try:
        stored = load_file(path)
    except SafetensorError as error:
        unread = _foreign(path) or f"cannot be read ({str(error).splitlines()[0]}); make it again"
        raise DataError(f"its {path.name} {unread}") from None
    except OSError as error:
        raise DataError(f"its {path.name} cannot be read ({error.strerror or error}); make it again") from None
    if fault := _misfit(model.state_dict(), stored):
        raise DataError(f"its {path.name} {fault}; it belongs to another model")
    model.load_state_dict(stored)


def _foreign(path: Path) -> str | None:
    """What a file is that is no safetensors but holds a pickle, as others write weights."""
    with path.open("rb") as file:
        start = file.read(2)
    if start != b"PK" and start[:1] != pickle.PROTO:  # of a zip, which torch.save writes, and of a bare pickle
        return None
    return "is a pickle, which runs whatever it holds when it is read; it was not read: get the weights as safetensors"


def _misfit(wanted: Mapping[str, Tensor], stored: Mapping[str, Tensor]) -> str | None:
    """What keeps ``stored`` from being the tensors that are ``wanted``."""
    lacking = [name for name in wanted if name not in stored]
    foreign = [name for name in stored if name not in wanted]
    if lacking:
        more = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
        instead = f", and holds {foreign[0]!r} instead" if foreign else ""
        return f"lacks the tensor {lacking[0]!r}{more}{instead}"
    if foreign:
        return f"holds the tensor {foreign[0]!r}, which this model does not have"
    for name, tensor in wanted.items():
        found = stored[name]
        if found.shape != tensor.shape:
            return f"holds {name!r} of the shape {list(found.shape)}, not {list(tensor.shape)}"
        if found.is_floating_point() != tensor.is_floating_point():
            return f"holds {name!r} as {found.dtype}, not {tensor.dtype}"
        if not found.isfinite().all():
            return f"holds values in {name!r} that are not finite numbers"
    return None


def _arguments(cls: type, config: Path) -> dict[str, Any]:
    """What a model is made with, as :func:`save_weights` kept it."""
    return read_settings(config, list(inspect.signature(cls).parameters))


def _needed(source: Source, name: str) -> Path:
    path = source.file(name)
    if path is None:
        raise NotThere(f"it lacks {name}")
    return path
