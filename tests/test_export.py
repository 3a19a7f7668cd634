"""Models as ONNX: what a runtime makes of them is what torch makes, and no weight is another for being stored small."""

import hashlib
import json

import numpy as np
import onnx
import pytest
import torch
from helpers import SMALL
from onnx import TensorProto, numpy_helper

from nsynthlib import AE, CVAE, VAE
from nsynthlib.data import FAMILIES
from nsynthlib.errors import DataError, UsageError
from nsynthlib.generation import condition_of, decode, standard_normal
from nsynthlib.generation.compacting import store_half
from nsynthlib.generation.export import export
from nsynthlib.generation.pad import pad_of
from nsynthlib.generation.verifying import verify
from nsynthlib.models import KINDS

# In network units, in which a picture lies from -1 to 1, 50 dB each; latent vectors have no unit.
CLOSE = 1e-3
CLOSE_DB = 50 * CLOSE


@pytest.fixture(scope="module")
def shipped(model):
    return {"ae": AE.from_pretrained(), "vae": VAE.from_pretrained(), "cvae": model}


@pytest.fixture(scope="module")
def folder(shipped, tmp_path_factory):
    path = tmp_path_factory.mktemp("page")
    export(list(shipped.values()), path)
    return path


@pytest.fixture(scope="module")
def manifest(folder):
    return json.loads((folder / "manifest.json").read_text())


def give(folder, about: dict, **inputs) -> np.ndarray:
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(folder / about["file"], providers=["CPUExecutionProvider"])
    (result,) = session.run(None, {name: np.asarray(value) for name, value in inputs.items()})
    return result[0]


def test_the_manifest_tells_what_a_page_needs(folder, manifest, shipped):
    assert list(manifest["models"]) == list(KINDS)
    for kind, about in manifest["models"].items():
        assert about["latent_dim"] == shipped[kind].latent_dim
        for part in ("encoder", "decoder"):
            content = (folder / about[part]["file"]).read_bytes()
            assert hashlib.sha256(content).hexdigest() == about[part]["sha256"]
    pads = manifest["models"]["cvae"]["pads"]
    assert len(pads) == len(FAMILIES)
    pad = pad_of(shipped["cvae"], "reed")
    told = pads[FAMILIES.index("reed")]
    assert told["middle"] == pad.middle.double().round(decimals=4).tolist()
    assert told["directions"] == pad.directions.double().round(decimals=4).tolist()
    assert told["ends"] == [list(pair) for pair in pad.ends]
    log_mel = shipped["ae"].log_mel
    assert (manifest["n_mels"], manifest["samples"]) == (log_mel.n_mels, log_mel.samples)
    assert manifest["reference"] == log_mel.stft.reference
    assert manifest["families"] == list(FAMILIES)


def test_the_files_are_small(folder):
    """Megabytes that a page loads when a model is asked for: two bytes a weight, and the CVAE's pictures of noise."""
    sizes = {path.stem: path.stat().st_size / 1e6 for path in folder.glob("*.onnx")}
    assert sizes == pytest.approx(
        {name: size for kind in KINDS for name, size in ((f"{kind}_encoder", 1.1), (f"{kind}_decoder", 4.7))}
        | {"cvae_decoder": 6.3},
        abs=0.15,
    )


@pytest.mark.parametrize("kind", ["ae", "vae"])
def test_exported_networks_are_the_model(folder, manifest, shipped, pocket_notes, kind):
    about, model = manifest["models"][kind], shipped[kind]
    for note in list(pocket_notes)[::20]:
        db = model.log_mel(note.audio)[None]
        with torch.no_grad():
            z, _ = model.encode(db)
            expected = model.decode(z)[0].numpy()
        assert np.abs(give(folder, about["encoder"], db=db) - z[0].numpy()).max() < CLOSE
        assert expected.std() > 1
        assert np.abs(give(folder, about["decoder"], z=z) - expected).max() < CLOSE_DB


@pytest.mark.parametrize(
    ("seed", "pitch", "family", "velocity", "tuning"),
    [(0, 60, "organ", 100, 0), (1, 24, "bass", 25, -31.5), (2, 127, "vocal", 1, 50)],
)
def test_exported_networks_are_the_cvae(folder, manifest, model, pocket_notes, seed, pitch, family, velocity, tuning):
    about, told = manifest["models"]["cvae"], condition_of(pitch, family, velocity, tuning)
    z = standard_normal(model, seed)
    played = {"texture": np.array([seed / 2], np.float32), "seed": np.array([seed])}
    db = give(folder, about["decoder"], z=z[None], **told._asdict(), **played)
    assert db.shape == model.log_mel.shape
    expected = decode(model, z, pitch, family, velocity, seed / 2, seed, tuning).numpy()
    assert np.abs(db - expected).max() < CLOSE_DB
    seen = model.log_mel(pocket_notes[seed].audio)[None]
    with torch.no_grad():
        expected_z = model.encode(seen, told)[0][0].numpy()
    assert np.abs(give(folder, about["encoder"], db=seen, **told._asdict()) - expected_z).max() < CLOSE


def test_half_precision_changes_no_weight(folder, manifest, model):
    """Each stored weight is the model's own to the last bit."""
    weights = model.state_dict()
    graph = onnx.load(folder / manifest["models"]["cvae"]["encoder"]["file"]).graph
    halves = {t.name: numpy_helper.to_array(t) for t in graph.initializer if t.data_type == TensorProto.FLOAT16}
    assert sum(half.size for half in halves.values()) > 5e5
    for name, half in halves.items():
        own = weights[name.removeprefix("model.").removesuffix(".half")].numpy()
        assert np.array_equal(half.astype(np.float32), own)


@pytest.mark.parametrize(("value", "kind"), [(1.0009765625, TensorProto.FLOAT16), (1.0001, TensorProto.FLOAT)])
def test_weights_that_half_precision_does_not_hold_stay(tmp_path, value, kind):
    """1.0001 lies between two numbers of float16, and 1 + 2^-10 is one; nor is a large number made infinite."""
    path = tmp_path / "network.onnx"
    weight = torch.full((40, 40), value)
    for top in (1.0, 1e6):
        weight[0, 0] = top
        linear = torch.nn.Linear(40, 40, bias=False)
        linear.weight = torch.nn.Parameter(weight)
        torch.onnx.export(
            linear, (torch.zeros(1, 40),), str(path), dynamo=False, do_constant_folding=False, opset_version=17
        )
        store_half(path)
        (stored,) = onnx.load(path).graph.initializer
        assert stored.data_type == (kind if top == 1 else TensorProto.FLOAT)


def test_one_model_alone(tmp_path):
    told = export(CVAE(**SMALL), tmp_path)
    assert list(told["models"]) == ["cvae"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "cvae_decoder.onnx",
        "cvae_encoder.onnx",
        "manifest.json",
    ]


@pytest.mark.parametrize(
    ("models", "says"),
    [
        (lambda: [], "export needs at least one model"),
        (lambda: [AE(**SMALL), AE(**SMALL)], "export got 2 models of the kind ae; give it one of each kind"),
        (lambda: [AE(**SMALL), VAE(**(SMALL | {"n_mels": 32}))], r"vae sees LogMel\(n_mels=32.*folders of their own"),
        (lambda: None, "export needs a trained AE, not None"),
        (lambda: "cvae", "export needs a trained AE, not 'cvae'"),
        (lambda: [CVAE], "export needs a trained AE, not "),
    ],
)
def test_what_cannot_be_exported_is_refused_in_one_line(models, says, tmp_path):
    with pytest.raises(UsageError, match=f"^{says}[^\n]*$"):
        export(models(), tmp_path / "page")
    assert not (tmp_path / "page").exists()


def written(path, network, **inputs):
    names = list(inputs)
    torch.onnx.export(
        network,
        tuple(inputs.values()),
        str(path),
        input_names=names,
        output_names=["y"],
        opset_version=17,
        dynamo=False,
    )
    return path


def test_what_is_written_is_read_again(tmp_path):
    """A file of other weights, one cut short, and one whose graph names what there is not are all refused."""
    torch.manual_seed(0)
    network, other, x = torch.nn.Linear(3, 4), torch.nn.Linear(3, 4), torch.ones(1, 3)
    path = written(tmp_path / "a.onnx", network, x=x)
    verify(path, network, {"x": x})
    pytest.importorskip("onnxruntime")
    with pytest.raises(DataError, match=r"a\.onnx: what was written gives other numbers than the model"):
        verify(path, other, {"x": x})
    with torch.no_grad():
        other.load_state_dict(network.state_dict())
        other.bias[2] += 0.01
    with pytest.raises(DataError, match=r"by up to 0\.01"):
        verify(path, other, {"x": x})
    model = onnx.load(path)
    model.graph.node[0].input[0] = "nowhere"
    onnx.save(model, path)
    with pytest.raises(DataError, match="is no valid ONNX model"):
        verify(path, network, {"x": x})
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(DataError, match="is no valid ONNX model"):
        verify(path, network, {"x": x})
