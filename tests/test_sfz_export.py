"""An instrument as SFZ: re-read by a parser of this file's own, every key and velocity has one sample, and it loops."""

import re

import numpy as np
import pytest
import torch
from helpers import RATE
from scipy.io import wavfile

from nsynthlib.audio import estimate_pitch
from nsynthlib.audio.encoding import encode_wav
from nsynthlib.data.sfz import read_sfz
from nsynthlib.errors import DataError, UsageError
from nsynthlib.generation import generate, sample_z
from nsynthlib.playing import hold, play, sfz, write_sfz

STEP = 12


@pytest.fixture(scope="module")
def instrument(model, tmp_path_factory):
    """An organ of seven keys, and a guitar, whose notes die away."""
    folder = tmp_path_factory.mktemp("sfz")
    return {name: write_sfz(model, folder / name, name, seed=2, step=STEP) for name in ("organ", "guitar")}


def regions(path):
    """Opcodes of each region, those of <global> among them."""
    lines = [line for line in path.read_text().splitlines() if not line.startswith("//")]
    headers = [(line.split()[0], dict(re.findall(r"(\w+)=(\S+)", line))) for line in lines]
    assert [header for header, _ in headers] == ["<global>"] + ["<region>"] * (len(lines) - 1)
    return [headers[0][1] | opcodes for _, opcodes in headers[1:]]


def sample_of(path, region):
    rate, samples = wavfile.read(path.parent / region["sample"])
    assert (rate, samples.dtype, samples.ndim) == (RATE, np.int16, 1)
    return samples / 32768


def test_every_key_and_velocity_has_one_sample_whose_key_is_near(instrument):
    for path in instrument.values():
        found = regions(path)
        assert len(found) == 7 * 5
        for key in range(24, 97):
            for velocity in range(1, 128):
                playing = [
                    r
                    for r in found
                    if int(r["lokey"]) <= key <= int(r["hikey"]) and int(r["lovel"]) <= velocity <= int(r["hivel"])
                ]
                assert len(playing) == 1
                assert abs(int(playing[0]["pitch_keycenter"]) - key) <= STEP // 2
        assert sorted(p.name for p in path.parent.iterdir()) == [path.name, "samples"]
        assert len(list((path.parent / "samples").iterdir())) == len(found)


def test_the_importer_reads_it_as_an_instrument(instrument):
    found = read_sfz(instrument["organ"])
    assert {region.pitch for region in found} == set(range(24, 97, STEP))
    assert [(r.low, r.high) for r in found[:5]] == [(1, 37), (38, 62), (63, 87), (88, 113), (114, 127)]
    assert all(region.sample.is_file() for region in found)


def test_levels_are_the_models_at_every_velocity(model, instrument):
    """A player's gain is volume in dB and (velocity / 127)^2. Against the held notes all differ by one gain alone."""
    z = sample_z(model, 60, "organ", 2)
    ratios = []
    for region in regions(instrument["organ"]):
        pitch, layer = map(int, re.findall(r"\d+", region["sample"]))
        if pitch not in (48, 72):
            continue
        sound = sample_of(instrument["organ"], region) * 10 ** (float(region["volume"]) / 20) * (layer / 127) ** 2
        held = hold(generate(model, pitch=pitch, family="organ", velocity=layer, seed=2, z=z)).samples
        ratios.append(np.sqrt(np.mean(sound**2) / np.mean(held**2)))
        assert float(region["volume"]) <= 0
    assert len(ratios) == 10
    np.testing.assert_allclose(ratios, ratios[0], rtol=2e-3)


def test_a_player_that_follows_the_loop_makes_no_click_and_stays_in_tune(instrument):
    """A player of this test's own: once to loop_end, which sounds, then from loop_start."""
    looped = 0
    for region in regions(instrument["organ"]):
        if int(region["pitch_keycenter"]) not in (48, 60, 72) or region["loop_mode"] == "no_loop":
            continue
        looped += 1
        sound = sample_of(instrument["organ"], region)
        start, end = int(region["loop_start"]), int(region["loop_end"]) + 1
        assert 0 < start < end == len(sound)
        played = np.concatenate([sound, *[sound[start:end]] * 3])
        steepest = np.abs(np.diff(sound[20_800:])).max()
        assert np.abs(np.diff(played[end - 2 :])).max() <= 1.01 * steepest
        key = estimate_pitch(torch.from_numpy(played[2 * RATE : 6 * RATE]).float())
        assert key == pytest.approx(int(region["pitch_keycenter"]), abs=0.2)
    assert looped >= 10


def test_decay_and_release_begin_as_steeply_as_the_notes_own(model, instrument):
    """A time of SFZ is taken as that of a fall by 90 dB; players differ in what they make of it."""
    z = sample_z(model, 60, "guitar", 2)
    told = {True: 0, False: 0}
    for region in regions(instrument["guitar"])[3::5]:
        assert float(region["ampeg_hold"]) == 1.3
        pitch = int(region["pitch_keycenter"])
        held = hold(generate(model, pitch=pitch, family="guitar", velocity=100, seed=2, z=z))
        assert (region["loop_mode"] == "loop_continuous") == (held.loop_start is not None)
        told[held.loop_start is not None] += 1
        if held.loop_start is None:
            assert "loop_start" not in region
            assert "ampeg_decay" not in region
        elif held.decay_db < -1:
            assert 90 / float(region["ampeg_decay"]) == pytest.approx(-held.decay_db, rel=0.01)
            assert region["ampeg_sustain"] == "0"
        key = play(held, 0.5)
        after = round((0.5 + float(region["ampeg_release"]) * 20 / 90) * RATE)
        fallen = 20 * np.log10(np.abs(key[after - 160 : after + 160]).max() / np.abs(key[7680:8000]).max())
        assert -26 < fallen < -12
    assert all(told.values())


def test_the_same_options_make_the_same_bytes(model, instrument, tmp_path):
    again = write_sfz(model, tmp_path / "again", "organ", z=sample_z(model, 60, "organ", 2), seed=2, step=STEP)
    for path in sorted(instrument["organ"].parent.rglob("*.*")):
        other = again.parent / path.relative_to(instrument["organ"].parent)
        assert other.read_bytes() == path.read_bytes()


def test_nothing_is_left_where_something_is_wrong(model, tmp_path, monkeypatch):
    with pytest.raises(UsageError, match="'kazoo' is unknown"):
        write_sfz(model, tmp_path / "a", "kazoo")
    with pytest.raises(UsageError, match="step 13"):
        write_sfz(model, tmp_path / "a", "organ", step=13)
    with pytest.raises(UsageError, match="needs a trained CVAE"):
        write_sfz(torch.nn.Identity(), tmp_path / "a", "organ")
    (tmp_path / "there").mkdir()
    with pytest.raises(UsageError, match="exists already"):
        write_sfz(model, tmp_path / "there", "organ")
    monkeypatch.setattr(sfz, "encode_wav", lambda audio, rate: encode_wav(audio * 0.999, rate))  # other bytes
    with pytest.raises(DataError, match=r"samples/.*\.wav: is read otherwise than it was written"):
        write_sfz(model, tmp_path / "a", "organ", step=STEP)
    assert [p.name for p in tmp_path.iterdir()] == ["there"]
