"""Weights that are not what they are asked to be: nothing is read in part, and one line says what is wrong."""

import json
import logging
import os
import shutil
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
from helpers import SMALL, command_line, in_python
from safetensors.torch import load_file, save_file

from nsynthlib import AE, CVAE, VAE
from nsynthlib.errors import UsageError
from nsynthlib.models import PRETRAINED, Classifier, Prior, load_model, save_weights, sources


@pytest.fixture
def folder(tmp_path) -> Path:
    """A small CVAE with its prior."""
    torch.manual_seed(0)
    model = CVAE(**SMALL)
    save_weights(model, tmp_path / "run")
    Prior.fit(torch.randn(200, 6), *(torch.full((200,), v) for v in (60, 3))).save(tmp_path / "run")
    return tmp_path / "run"


def change(path: Path, how) -> None:
    """Replace the tensors of a file of safetensors."""
    save_file(how(load_file(path)), path)


WEIGHTS = {
    "no decoder": (
        lambda s: {k: v for k, v in s.items() if not k.startswith("decoder")},
        r"lacks the tensor 'decoder\.[\w.]+' and \d+ more; it belongs to another model",
    ),
    "one missing": (lambda s: {k: v for k, v in s.items() if k != "to_mean.bias"}, "lacks the tensor 'to_mean.bias';"),
    "saved as module.*": (
        lambda s: {"module." + k: v for k, v in s.items()},
        r"lacks the tensor '[\w.]+' and \d+ more, and holds 'module\.[\w.]+' instead",
    ),
    "one more": (lambda s: s | {"extra": torch.zeros(1)}, "holds the tensor 'extra', which this model does not have"),
    "another size": (lambda s: s | {"to_mean.bias": torch.zeros(7)}, r"'to_mean.bias' of the shape \[7\], not \[6\]"),
    "integers": (lambda s: s | {"to_mean.bias": torch.zeros(6).long()}, "'to_mean.bias' as torch.int64"),
    "not a number": (lambda s: s | {"to_mean.bias": torch.full((6,), torch.nan)}, "'to_mean.bias' that are not finite"),
}


@pytest.mark.parametrize(("how", "words"), WEIGHTS.values(), ids=WEIGHTS)
def test_weights_are_read_whole_or_not_at_all(folder, how, words):
    change(folder / "model.safetensors", how)
    with pytest.raises(UsageError, match=f"holds no CVAE: its model.safetensors .*{words}") as error:
        CVAE.from_pretrained(folder)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("kind", "name"), [(VAE, "ae"), (AE, "vae"), (VAE, "cvae"), (CVAE, "vae"), (CVAE, "classifier")]
)
def test_shipped_weights_of_another_kind_are_refused(kind, name):
    with pytest.raises(UsageError, match=f"'{name}' holds no {kind.__name__}: "):
        kind.from_pretrained(name)


def test_a_classifier_is_read_whole_too(tmp_path):
    shutil.copytree(PRETRAINED / "classifier", tmp_path / "run")
    change(tmp_path / "run" / "model.safetensors", lambda s: {k: v for k, v in s.items() if "answers" not in k})
    with pytest.raises(UsageError, match=r"holds no Classifier: its model.safetensors lacks the tensor 'answers\.1"):
        Classifier.from_pretrained(tmp_path / "run")


CONFIGS = {
    "a setting more": (lambda c: c | {"dropout": 0.1}, "the setting 'dropout', which this version .* another version"),
    "a setting less": (lambda c: {k: v for k, v in c.items() if k != "mel_scale"}, "lacks the setting 'mel_scale'"),
    "no settings": (lambda c: [1, 2], "holds no settings; it belongs to another version"),
    "an unknown preset": (lambda c: c | {"preset": "huge"}, "preset 'huge' is unknown"),
    "no size": (lambda c: c | {"n_mels": None}, "n_mels None is no whole number"),
}


@pytest.mark.parametrize(("how", "words"), CONFIGS.values(), ids=CONFIGS)
@pytest.mark.fault("weights of another version", kept="The weights, as they were.")
def test_a_config_of_another_version_is_named(folder, how, words):
    """No default takes the place of what it lacks."""
    path = folder / "config.json"
    path.write_text(json.dumps(how(json.loads(path.read_text()))))
    with pytest.raises(UsageError, match=f"holds no CVAE: .*{words}") as error:
        CVAE.from_pretrained(folder)
    assert "\n" not in str(error.value)


PRIORS = {
    "no means": lambda s: {k: v for k, v in s.items() if k != "means"},
    "prefixed": lambda s: {"module." + k: v for k, v in s.items()},
    "one more": lambda s: s | {"extra": torch.zeros(1)},
    "other families": lambda s: {k: v[:5].contiguous() for k, v in s.items()},
    "other shapes": lambda s: s | {"factors": s["factors"][..., :-1].contiguous()},
    "not a number": lambda s: s | {"means": s["means"] * torch.nan},
    "no weight": lambda s: s | {"weights": s["weights"] * 0},
}


@pytest.mark.parametrize("how", PRIORS.values(), ids=PRIORS)
def test_a_fitted_prior_is_read_whole_or_not_at_all(folder, how):
    change(folder / "prior.safetensors", how)
    with pytest.raises(UsageError, match=r"prior.safetensors: cannot be read as a fitted prior") as error:
        CVAE.from_pretrained(folder)
    assert "\n" not in str(error.value)


def test_a_name_that_is_no_folder_is_told_at_once(tmp_path, monkeypatch):
    """A mistyped run folder has the form of a hub name; the hub is not asked where its parent is there."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "file").write_text("")
    monkeypatch.setattr(sources, "is_reachable", lambda address: pytest.fail("the network was asked"))
    for name, words in {
        "runs/cvea": "there is no folder runs/cvea",
        Path("owner/name"): "there is no folder owner/name",
        "a/b/c": "there is no folder a/b/c",
        "runs/file": "it is no folder",
        "runs": "it lacks config.json",
        "": "the name is empty",
    }.items():
        with pytest.raises(UsageError, match=f"'{name}' holds no CVAE: {words}; name a folder made by"):
            CVAE.from_pretrained(name)


def test_without_a_network_the_hub_is_given_up_at_once(tmp_path, monkeypatch, caplog, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sources.constants, "ENDPOINT", "http://127.0.0.1:9")
    began = time.monotonic()
    words = "there is no folder runs/cvea, and http.* cannot be reached"
    with caplog.at_level(logging.WARNING), pytest.raises(UsageError, match=words):
        CVAE.from_pretrained("runs/cvea", cache_dir=tmp_path)
    assert time.monotonic() - began < 6
    assert not caplog.records
    assert capfd.readouterr() == ("", "")


def test_a_folder_named_like_shipped_weights_is_not_mistaken_for_them(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder.rename(tmp_path / "cvae")
    with pytest.raises(UsageError, match=r"write \./cvae for it"):
        CVAE.from_pretrained("cvae")
    assert CVAE.from_pretrained("./cvae").latent_dim == CVAE.from_pretrained(Path("cvae")).latent_dim == 6
    assert CVAE.from_pretrained().latent_dim == 48


@pytest.mark.parametrize(
    "content", [{}, [], {"settings": {}}, {"settings": {"kind": "gan"}}, {"settings": {"kind": []}}]
)
def test_a_run_of_no_known_kind_is_named(folder, content):
    (folder / "settings.json").write_text(json.dumps(content))
    with pytest.raises(UsageError, match=r"settings.json: tells the kind of model .*, not ae or vae or cvae"):
        load_model(folder)


class Hub(BaseHTTPRequestHandler):
    """As much of the hub as a download of one file needs."""

    folder: Path

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        owner, _, name = self.path.partition("/resolve/main/")
        path = self.folder / name
        found = owner == "/owner/name" and name and path.is_file()
        self.send_response(200 if found else 404)
        if not found:
            self.send_header("X-Error-Code", "EntryNotFound" if owner == "/owner/name" else "RepoNotFound")
        data = path.read_bytes() if found else b""
        self.send_header("X-Repo-Commit", "0" * 40)
        self.send_header("ETag", f'"{name}"')
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def hub(folder: Path):
    """The environment of a process for which the hub holds ``folder`` as owner/name."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Here", (Hub,), {"folder": folder}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    outside = {k: v for k, v in os.environ.items() if "proxy" not in k.lower() and not k.startswith("HF_")}
    yield outside | {
        "HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}",
        "HF_HOME": str(folder.parent / "kept"),
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_XET": "1",
    }
    server.shutdown()
    server.server_close()


READ = """
import sys
from nsynthlib import CVAE
try:
    model = CVAE.from_pretrained(sys.argv[1])
    print(model.latent_dim, model.prior is not None)
except ValueError as error:
    print(error)
"""


def test_weights_of_the_hub_are_read_whole_or_not_at_all(folder):
    with hub(folder) as environment:
        done = in_python("-c", READ, "owner/name", env=environment)
        assert (done.stdout, done.stderr) == ("6 True\n", "")
        done = in_python("-c", READ, "owner/other", env=environment)
        assert "there is neither a folder owner/other nor such a repository on the hub" in done.stdout
        assert done.stderr == ""
    done = in_python("-c", READ, "owner/name", env=environment)  # the hub is gone, and its files are kept
    assert (done.stdout, done.stderr) == ("6 True\n", "")


def test_a_hub_without_a_prior_is_remembered(folder):
    (folder / "prior.safetensors").unlink()
    with hub(folder) as environment:
        assert in_python("-c", READ, "owner/name", env=environment).stdout == "6 False\n"
    assert in_python("-c", READ, "owner/name", env=environment).stdout == "6 False\n"


def test_partial_weights_of_the_hub_are_refused(folder):
    change(folder / "model.safetensors", lambda s: {k: v for k, v in s.items() if not k.startswith("decoder")})
    with hub(folder) as environment:
        told = in_python("-c", READ, "owner/name", env=environment).stdout
    assert "model.safetensors lacks the tensor 'decoder." in told


def test_the_command_line_tells_it_in_one_line(folder, tmp_path):
    change(folder / "model.safetensors", lambda s: {k: v for k, v in s.items() if not k.startswith("decoder")})
    ask = ("generate", tmp_path / "out.wav", "--pitch", "C4", "--family", "organ", "--model", folder)
    _, told = command_line(*ask, code=2)
    assert len(told.splitlines()) == 1
    assert "lacks the tensor 'decoder." in told
    assert not (tmp_path / "out.wav").exists()
