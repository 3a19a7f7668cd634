"""What this machine computes with: whether its GPU works, and which processors multiply in half precision."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode


@cache
def cuda_works() -> bool:
    """Whether there is a GPU and it computes; one that is claimed but fails (a driver too old, say) is told once."""
    if not torch.cuda.is_available():
        return False
    try:
        return bool(torch.ones(1, device="cuda").sum() == 1)
    except (RuntimeError, AssertionError) as error:  # torch built without CUDA asserts
        reason = str(error).strip().splitlines()[0]
        warnings.warn(f"the GPU cannot be used ({reason}); training on the CPU", stacklevel=3)
        return False


def gpu_has_bf16() -> bool:
    """Whether the GPU multiplies bfloat16 itself; older ones (Colab's T4) emulate it, far slower than float32."""
    return torch.cuda.is_bf16_supported(including_emulation=False)


def cpu_has_bf16() -> bool:
    """Whether this processor multiplies bfloat16 itself (AVX-512 BF16, AMX); elsewhere float32 is faster."""
    return bool(torch.cpu._is_avx512_bf16_supported())


def cpu_autocast() -> torch.autocast:
    """A context in which the CPU multiplies bfloat16 where that is faster."""
    return torch.autocast("cpu", torch.bfloat16, enabled=cpu_has_bf16())


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
