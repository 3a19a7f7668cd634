"""Which processors multiply in half precision."""

from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode


def cpu_has_bf16() -> bool:
    """Whether this processor multiplies bfloat16 itself (AVX-512 BF16, AMX); elsewhere float32 is faster."""
    return bool(torch.cpu._is_avx512_bf16_supported())


def cpu_has_bf16_matrices() -> bool:
    """Whether matrices of bfloat16 have fast code (any AVX-512); without, they take 20 times as long as float32."""
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


class Float32(TorchFunctionMode):
    """Within it, a call of ``bfloat16()`` gives a float32 copy: for library code that knows no older processors."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func is Tensor.bfloat16:
            return args[0].to(torch.float32, copy=True)
        return func(*args, **(kwargs or {}))
