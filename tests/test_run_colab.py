"""What runs the notebooks with Colab's versions: environments in layers, and a GPU that is claimed."""

import json
import subprocess
from pathlib import Path

import pytest
import torch
from fake_cuda import NAME, claimed_cuda
from helpers import ROOT, in_python
from run_colab import environment, main, make_layer, packages, state
from torch import nn

from nsynthlib.training.precision import cuda_works, gpu_has_bf16


@pytest.fixture
def base(tmp_path) -> Path:
    """An environment with one library."""
    in_python("-m", "venv", "--without-pip", tmp_path / "base")
    (packages(tmp_path / "base") / "library.py").write_text("VALUE = 3\n", encoding="utf-8")
    return tmp_path / "base"


def test_a_layer_sees_what_lies_below_and_changes_nothing(base, tmp_path):
    before = state(base)
    make_layer(base, tmp_path / "layer", ["--claim-cuda"])
    spec = json.loads((tmp_path / "layer/share/jupyter/kernels/colab/kernel.json").read_text(encoding="utf-8"))
    assert spec["argv"][0] == str(tmp_path / "layer/bin/python")
    assert "--claim-cuda" in spec["argv"]
    (packages(tmp_path / "layer") / "installed.py").write_text("", encoding="utf-8")
    done = subprocess.run([spec["argv"][0], "-c", "import library, installed"], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert state(base) == before
    (packages(base) / "library.py").write_text("VALUE = 4\n", encoding="utf-8")
    assert state(base) != before


def test_a_kernel_is_told_nothing_of_this_machine(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    told = environment(tmp_path, tmp_path)
    assert "PYTHONPATH" not in told
    assert told["HOME"] == str(tmp_path)


def test_a_notebook_that_does_not_exist_is_named(base, tmp_path):
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels" / "nsynthlib-1-py3-none-any.whl").touch()
    (tmp_path / "notebooks.json").write_text("{}", encoding="utf-8")
    with pytest.raises(SystemExit, match="no such notebook: 99_none"):
        main([str(base), "99_none", "--built", str(tmp_path)])


@pytest.fixture
def claimed():
    cuda_works.cache_clear()
    with claimed_cuda():
        yield
    cuda_works.cache_clear()


def test_a_claimed_gpu_works_and_is_a_t4(claimed):
    assert cuda_works()
    assert torch.cuda.get_device_name() == NAME
    assert not gpu_has_bf16()  # emulated only
    assert torch.device("cuda", 0).type == "cuda"  # though no tensor is there


@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.ones(2, device="cuda"),
        lambda: torch.ones(2).to("cuda:0"),
        lambda: torch.ones(2).to(torch.device("cuda", 0), non_blocking=True),
        lambda: torch.ones(2).cuda().pin_memory(),
        lambda: nn.Linear(2, 1).to("cuda")(torch.ones(2)),
        lambda: nn.Linear(2, 1, device="cuda").cuda()(torch.ones(2)),
    ],
)
def test_what_is_sent_to_it_is_computed_here(claimed, make):
    assert make().sum().isfinite()


def test_mixed_precision_and_streams_run_to_their_end(claimed):
    layer = nn.Linear(2, 1).to("cuda")
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler()
    before = layer.weight.detach().clone()
    with torch.cuda.stream(torch.cuda.Stream()), torch.autocast("cuda", torch.bfloat16):
        loss = layer(torch.ones(4, 2, device="cuda")).square().mean()
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    torch.cuda.synchronize()
    assert not torch.equal(before, layer.weight)


def test_afterwards_there_is_no_gpu():
    there = torch.cuda.is_available()
    with claimed_cuda():
        assert torch.cuda.is_available()
    assert torch.cuda.is_available() == there


TRAINING = """
import sys
from pathlib import Path
sys.path.append(sys.argv[1])
from fake_cuda import claimed_cuda
from nsynthlib.training.loop import make_accelerator
with claimed_cuda():
    accelerator = make_accelerator(Path("run"), tensorboard=False)
    print(accelerator.device.type, accelerator.mixed_precision)
"""


def test_training_chooses_the_claimed_gpu():
    """In a process of its own: an accelerator is chosen once in each."""
    assert in_python("-c", TRAINING, ROOT / "tools").stdout.split() == ["cuda", "no"]
