"""CUDA claimed and faked on the CPU: PyTorch answers as on Colab's T4, and what is sent to the GPU stays here.

What this shows: every branch that a GPU chooses is taken and runs to its end, its numbers computed by the CPU. What it
cannot show: a tensor left on the wrong device (`tests/test_fake_cuda.py` shows that), branches that look at a tensor's
own device, the GPU's kernels, numbers, speed and memory, and what a thread other than the main one does on a GPU.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

NAME = "Tesla T4"
MEMORY = 15_828_320_256  # bytes
PROPERTIES = SimpleNamespace(name=NAME, major=7, minor=5, total_memory=MEMORY, multi_processor_count=40)
CPU = torch.device("cpu")


def _here(value: Any) -> Any:
    """The CPU for a device of CUDA, named or as an object; anything else as it is."""
    if isinstance(value, torch.device) and value.type == "cuda":
        return CPU
    return "cpu" if isinstance(value, str) and value.partition(":")[0] == "cuda" else value


class OnCpu(TorchFunctionMode):
    """Within it every call that names the GPU is one that names the CPU."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func in (Tensor.cuda, Tensor.pin_memory):
            return args[0]
        if func is torch.device:  # the name of a device stays: code looks at it to choose a branch
            return func(*args, **(kwargs or {}))
        return func(*map(_here, args), **{name: _here(value) for name, value in (kwargs or {}).items()})


class _Stream:
    """A stream and an event of the GPU: all that is asked of it is done already."""

    def __init__(self, *_: Any, **__: Any) -> None: ...

    def __enter__(self) -> "_Stream":
        return self

    def __exit__(self, *_: object) -> None: ...

    def synchronize(self) -> None: ...

    wait_stream = wait_event = record = synchronize

    def record_event(self, *_: Any) -> "_Stream":
        return self

    def query(self) -> bool:
        return True

    def elapsed_time(self, _: "_Stream") -> float:
        return 0.0


def _always(value: Any) -> Callable[..., Any]:
    return lambda *_, **__: value


# What a T4 answers, and what needs no answer.
ANSWERS: dict[str, Any] = {
    "is_available": True,
    "is_initialized": True,
    "device_count": 1,
    "current_device": 0,
    "get_device_name": NAME,
    "get_device_capability": (7, 5),
    "get_device_properties": PROPERTIES,
    "get_arch_list": ["sm_75"],
    "mem_get_info": (MEMORY, MEMORY),
    "is_current_stream_capturing": False,
    "get_rng_state": torch.zeros(16, dtype=torch.uint8),
    "get_rng_state_all": [torch.zeros(16, dtype=torch.uint8)],
    **dict.fromkeys(("memory_allocated", "max_memory_allocated", "memory_reserved", "max_memory_reserved"), 0),
    **dict.fromkeys(("init", "set_device", "synchronize", "empty_cache", "ipc_collect", "manual_seed")),
    **dict.fromkeys(("manual_seed_all", "set_rng_state", "set_rng_state_all", "reset_peak_memory_stats")),
}


def _bf16(including_emulation: bool = True) -> bool:
    """A T4 emulates bfloat16 only."""
    return including_emulation


@contextmanager
def claimed_cuda() -> Iterator[None]:
    """Within it, in this thread, PyTorch has a GPU that is none."""
    autocast, scaler = torch.autocast.__init__, torch.amp.GradScaler.__init__

    def cast_here(self: Any, device_type: str, *rest: Any, **options: Any) -> None:
        autocast(self, _here(device_type), *rest, **options)

    def scale_here(self: Any, device: str = "cuda", *rest: Any, **options: Any) -> None:
        scaler(self, _here(device), *rest, **options)

    def stay(self: nn.Module, device: Any = None) -> nn.Module:
        return self

    with ExitStack() as stack:
        for name, answer in ANSWERS.items():
            stack.enter_context(patch.object(torch.cuda, name, _always(answer)))
        for name in ("Stream", "Event"):
            stack.enter_context(patch.object(torch.cuda, name, _Stream))
        for name in ("current_stream", "default_stream", "stream"):
            stack.enter_context(patch.object(torch.cuda, name, _always(_Stream())))
        stack.enter_context(patch.object(torch.cuda, "is_bf16_supported", _bf16))
        stack.enter_context(patch.object(torch.autocast, "__init__", cast_here))
        stack.enter_context(patch.object(torch.amp.GradScaler, "__init__", scale_here))
        stack.enter_context(patch.object(nn.Module, "cuda", stay))
        stack.enter_context(OnCpu())
        yield
