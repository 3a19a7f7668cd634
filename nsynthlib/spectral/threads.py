"""A batch of notes on a CPU: note by note, and a note a thread."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor


def note_by_note(make: Callable[..., Tensor], dims: int, *batches: Tensor, parallel: bool = True) -> Tensor:
    """``make(*batches)``; on a CPU of one note (the last ``dims`` dimensions) after another.

    One note stays in a core's cache: a batch takes twice as long as its notes. Each of torch's threads makes notes of
    its own, unless ``parallel`` is false; the result is the same to the bit. Without notes it has length 0.
    """
    shape = batches[0].shape[:-dims]
    count = shape.numel()
    if count and batches[0].device.type != "cpu":
        return make(*batches)
    notes = [batch.reshape(count, *batch.shape[-dims:]) for batch in batches]
    if count == 0:
        silence = (batch.new_zeros(batch.shape[-dims:]) for batch in batches)
        made = make(*silence)[None][:0]
    elif torch.is_grad_enabled() and any(batch.requires_grad for batch in batches):
        made = torch.stack([make(*one) for one in zip(*notes, strict=True)])
    else:
        first = make(*(batch[0] for batch in notes))
        if count == 1:
            return first.reshape(*shape, *first.shape)
        made = first.new_empty(count, *first.shape)
        made[0] = first
        _each(lambda i: made[i + 1].copy_(make(*(batch[i + 1] for batch in notes))), count - 1, parallel)
    return made.reshape(*shape, *made.shape[1:])


def _each(work: Callable[[int], object], count: int, parallel: bool) -> None:
    """``work(0)`` to ``work(count - 1)``, by as many threads as torch has; inside each torch has one."""
    threads = torch.get_num_threads()
    if threads == 1 or not parallel:
        for i in range(count):
            work(i)
        return
    with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        try:
            list(pool.map(torch.inference_mode()(work), range(count)))
        finally:
            torch.set_num_threads(threads)  # of threads that begin later; this one's number never changed
