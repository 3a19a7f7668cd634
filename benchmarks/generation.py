"""Making notes with the shipped model: how long one takes, and how many a second in a batch."""

from __future__ import annotations

import statistics

import torch

from benchmarks.common import Row, circumstances, seconds
from nsynthlib.generation.notes import generate, standard_normal
from nsynthlib.models.autoencoders import CVAE
from nsynthlib.models.condition import Condition, condition_of

BATCH = 32
NAMES = ("a note of four seconds, decoder and phase", "s"), ("notes in batches", "notes/s")


def rows() -> list[Row]:
    return [*_measured("cpu"), *_measured("cuda")]


def _measured(device: str) -> list[Row]:
    """Both rows on a device; empty, with the reason, where there is none."""
    names = [(name if device == "cpu" else f"{name}, CUDA", unit) for name, unit in NAMES]
    if device == "cuda" and not torch.cuda.is_available():
        return [
            Row(name, unit, None, "", circumstances=circumstances(why="no CUDA device here")) for name, unit in names
        ]
    model = CVAE.from_pretrained().to(device)

    def one() -> None:
        generate(model, pitch=60, family="string", velocity=100, seed=0)

    one()
    latency = statistics.median(seconds(one) for _ in range(15))
    z = torch.stack([standard_normal(model, seed) for seed in range(BATCH)]).to(device)
    condition = Condition(*(field.expand(BATCH) for field in condition_of(60, "string", 100))).to(device)

    @torch.inference_mode()
    def many() -> None:
        model.log_mel.inverse(model.decode(z, condition)).cpu()  # a GPU is waited for here

    many()
    rate = BATCH / statistics.median(seconds(many) for _ in range(3))
    about = circumstances(batch_size=BATCH) | ({"device": torch.cuda.get_device_name()} if device == "cuda" else {})
    goals = "<= 0.1", ""
    return [
        Row(name, unit, value, goal, circumstances=about)
        for (name, unit), value, goal in zip(names, (latency, rate), goals, strict=True)
    ]
