"""Which processors multiply in half precision."""

import torch


def cpu_has_bf16() -> bool:
    """Whether this processor multiplies bfloat16 itself (AVX-512 BF16, AMX); elsewhere float32 is faster."""
    return bool(torch.cpu._is_avx512_bf16_supported())
