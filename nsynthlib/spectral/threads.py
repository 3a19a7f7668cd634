"""A batch of notes on a CPU: note by note, and a note a thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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

    def one(i: int) -> Tensor:
        return make(*(batch[i] for batch in notes))

    if count == 0:
        made = make(*(batch.new_zeros(batch.shape[-dims:]) for batch in batches))[None][:0]
    elif count == 1:
        made = one(0)[None]
    elif torch.is_grad_enabled() and any(batch.requires_grad for batch in batches):
        made = torch.stack([one(i) for i in range(count)])
    else:
        results = _in_threads(one, count) if parallel and torch.get_num_threads() > 1 else map(one, range(count))
        for i, result in enumerate(results):
            if i == 0:
                made = result.new_empty(count, *result.shape)
            made[i] = result
    return made.reshape(*shape, *made.shape[1:])


def _in_threads(one: Callable[[int], Tensor], count: int) -> Iterator[Tensor]:
    """``one(0)`` to ``one(count - 1)``, by as many threads as torch has; in each of them torch has one."""
    threads = torch.get_num_threads()
    with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        try:
            yield from pool.map(torch.inference_mode()(one), range(count))
        finally:
            torch.set_num_threads(threads)  # of threads that begin later; this one's number never changed
