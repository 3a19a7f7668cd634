"""A pitch's partials as the networks see them."""

from __future__ import annotations

from torch import Tensor


def fold_comb(comb: Tensor, factor: int, columns: int) -> Tensor:
    """``[batch, rows]`` as ``[batch, factor, rows / factor, columns]``: neighbouring bands become channels."""
    return comb.unflatten(1, (-1, factor)).transpose(1, 2)[..., None].expand(-1, -1, -1, columns)
