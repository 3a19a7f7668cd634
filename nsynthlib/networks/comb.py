"""A pitch's partials as the networks see them."""

from __future__ import annotations

from torch import Tensor


def fold(comb: Tensor, by: int, columns: int) -> Tensor:
    """``[batch, rows]`` as ``[batch, by, rows / by, columns]``: neighbouring bands become channels."""
    return comb.unflatten(1, (-1, by)).transpose(1, 2)[..., None].expand(-1, -1, -1, columns)
