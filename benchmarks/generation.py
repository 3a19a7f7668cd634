"""Making notes with the shipped model: how long one takes, and how many a second in a batch."""

from __future__ import annotations

import statistics

import torch

from benchmarks.common import Row, circumstances, seconds
from nsynthlib.generation import condition_of, generate, prior
from nsynthlib.models import CVAE, Condition

BATCH = 32


def rows() -> list[Row]:
    model = CVAE.from_pretrained()

    def one() -> None:
        generate(model, pitch=60, family="string", velocity=100, seed=0)

    one()
    latency = statistics.median(seconds(one) for _ in range(15))
    z = torch.stack([prior(model, seed) for seed in range(BATCH)])
    condition = Condition(*(field.expand(BATCH) for field in condition_of(60, "string", 100)))

    @torch.inference_mode()
    def many() -> None:
        model.log_mel.sound(model.decode(z, condition))

    many()
    rate = BATCH / statistics.median(seconds(many) for _ in range(3))
    return [
        Row("a note of four seconds, decoder and phase", "s", latency, "<= 0.1", circumstances=circumstances()),
        Row("notes in batches", "notes/s", rate, "", circumstances=circumstances(batch_size=BATCH)),
    ]
