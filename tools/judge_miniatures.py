"""The small models of one family's notes, beside the CVAE and real notes, by the same judges in one run.

    python tools/judge_miniatures.py data/soundfont

Writes `nsynthlib/pretrained/comparison/miniatures.json`, which chapter 5b reads. Real notes are those of the validation
instruments; each model makes a note for every pitch of two octaves from each of eight seeds, which nothing was chosen
by. Seconds a note are those of one thread.
"""

from __future__ import annotations

import argparse
import functools
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torchaudio.functional import mu_law_encoding

from nsynthlib.data import train_and_valid
from nsynthlib.data.clips import HIGHEST, LOWEST, Clips, load_clips
from nsynthlib.evaluation.miniatures import Maker, cvae_clips, judge_clips, make_clips, seconds_a_note
from nsynthlib.evaluation.ngrams import ngram_bits
from nsynthlib.evaluation.record import weights_sha256, write_results
from nsynthlib.evaluation.trackers import pesto_version
from nsynthlib.files import read_json
from nsynthlib.models import CVAE, PRETRAINED
from nsynthlib.models.gansynth import GANSynth
from nsynthlib.models.pretrained import Pretrained
from nsynthlib.models.sampled import LEVELS
from nsynthlib.models.samplernn import SampleRNN
from nsynthlib.models.wavenet import WaveNet
from nsynthlib.training.clip_runs import clips_sha256
from nsynthlib.training.sampled import validation_bits

OUT = PRETRAINED / "comparison" / "miniatures.json"
FAMILY, SEEDS = "reed", 8
NAIVE_SAMPLES = 20
KINDS: dict[str, type[Pretrained]] = {"WaveNet": WaveNet, "SampleRNN": SampleRNN, "GANSynth": GANSynth}
ORDERS = (0, 1, 2)


def makers(models: dict[str, Any]) -> dict[str, Maker]:
    """What makes clips of a pitch and a seed, by name."""

    def by(model: Any, pitch: Sequence[int], seed: int) -> Tensor:
        return torch.as_tensor(model.generate(pitch, seed=seed))

    found: dict[str, Maker] = {name: functools.partial(by, model) for name, model in models.items()}
    return found | {"CVAE": cvae_clips(CVAE.from_pretrained(), FAMILY)}


def naive_seconds(model: WaveNet, samples: int) -> float:
    """Seconds that ``samples`` would take if the whole receptive field were computed again for each."""
    codes = torch.zeros((1, model.receptive_field(60)), dtype=torch.int64)
    with torch.inference_mode():
        model(codes, torch.tensor([60]))
        started = time.perf_counter()
        for _ in range(NAIVE_SAMPLES):
            model(codes, torch.tensor([60]))
    return samples * (time.perf_counter() - started) / NAIVE_SAMPLES


def bits(models: dict[str, Any], learned: Clips, judged: Clips) -> dict[str, float]:
    """Bits a sample of notes that no model learned from, by counting and by the models that have a likelihood."""
    past, new = (mu_law_encoding(clips.audio, LEVELS) for clips in (learned, judged))
    counted = {f"counting, order {order}": ngram_bits(past, new, order) for order in ORDERS}
    return counted | {name: validation_bits(models[name], judged) for name in ("WaveNet", "SampleRNN")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notes", type=Path, help="the rendered set that the models learned from")
    notes = parser.parse_args().notes
    torch.set_num_threads(1)
    learned, judged = (load_clips(part, FAMILY) for part in train_and_valid(notes))
    models: dict[str, Any] = {name: kind.from_pretrained() for name, kind in KINDS.items()}
    pitches = range(LOWEST, HIGHEST + 1)
    rows: dict[str, Any] = {"Real": judge_clips(judged, learned)}
    seconds = {}
    for name, maker in makers(models).items():
        rows[name] = judge_clips(make_clips(maker, pitches, SEEDS), learned)
        seconds[name] = seconds_a_note(maker)
        print(name, {measure: round(found["value"], 3) for measure, found in rows[name].items()}, seconds[name])
    seconds["WaveNet without queues"] = naive_seconds(models["WaveNet"], learned.audio.shape[1])
    results = {
        "asked": {"family": FAMILY, "lowest": LOWEST, "highest": HIGHEST, "seeds": SEEDS},
        "clips": {"learned": clips_sha256(learned), "judged": clips_sha256(judged)},
        "weights": {name: weights_sha256(name.lower()) for name in (*models, "CVAE")},
        "pesto": pesto_version(),
        "torch": torch.__version__,
        "rows": rows,
        "bits": bits(models, learned, judged),
        "seconds": seconds,
        "training": {name: trained(name.lower()) for name in (*models, "CVAE")},
    }
    write_results(OUT, results)


def trained(name: str) -> dict[str, Any]:
    """What a shipped model took."""
    folder = PRETRAINED / name
    record = read_json(folder / "training.json")
    size = (folder / "model.safetensors").stat().st_size
    return {"seconds": record["seconds"], "weights_bytes": size, "learned": record.get("clips", [None])[0]}


if __name__ == "__main__":
    main()
