"""The page's engine in JavaScript against librosa and torch, on the same inputs, in a browser."""

import base64
import io
import wave

import librosa
import numpy as np
import pytest
import torch
from scipy import signal

from nsynthlib import spectral
from nsynthlib.data import FAMILIES
from nsynthlib.generation import decode, explorer_axes
from nsynthlib.models import CVAE
from nsynthlib.widgets.explorers import STFTPicture

RATE = 16_000
SETTINGS = [
    (2048, 512, "hann"),
    (1024, 256, "blackman"),
    (512, 64, "hamming"),
    (4096, 1024, "hann"),
    (256, 128, "boxcar"),
]

# What the browser needs to take and give arrays.
HELPERS = """() => {
window.take = (text, Kind) => new Kind(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
window.give = (values) => {
  const bytes = new Uint8Array(values.buffer ?? values);
  let text = "";
  for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
  return btoa(text);
};
}"""


def packed(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def unpacked(text: str, kind: str = "<f8") -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), kind)


@pytest.fixture(scope="module")
def note() -> np.ndarray:
    """A note of 20 decaying partials over faint noise, float32 [64000]: every level from 0 to the floor and below."""
    rng = np.random.default_rng(0)
    time = np.arange(64_000) / RATE
    partials = [np.sin(2 * np.pi * 220 * k * time + k) * np.exp(-time * (0.5 + 0.2 * k)) / k for k in range(1, 21)]
    return (0.3 * np.sum(partials, axis=0) + 3e-3 * rng.standard_normal(time.shape)).astype(np.float32)


@pytest.fixture(scope="module")
def run(site, visit):
    """``run(body, **inputs)`` evaluates JavaScript beside the site's modules ``dsp`` and ``engine``."""
    window = visit()
    blank = f"{site}/blank.html"
    window.page.route(
        blank, lambda route: route.fulfill(content_type="text/html", body="<!doctype html><title>-</title>")
    )
    window.page.goto(blank)
    window.page.evaluate(HELPERS)
    modules = """const dsp = await import('/_static/nsynthlib/dsp.mjs');
    const engine = await import('/_static/nsynthlib/engine.mjs');"""

    def evaluate(body: str, **inputs):
        return window.page.evaluate(f"async (given) => {{ {modules} {body} }}", inputs)

    yield evaluate
    assert window.complaints == []


@pytest.mark.parametrize(("n_fft", "hop_length", "window"), SETTINGS)
def test_spectrogram_is_librosas(run, note, n_fft, hop_length, window):
    """Within 0.1 dB wherever librosa's lies above the floor."""
    text = run(
        """const made = dsp.makeSettings(given.settings);
        return give(dsp.toDb(dsp.abs(dsp.stft(take(given.note, Float32Array), made)), made));""",
        settings={"n_fft": n_fft, "hop_length": hop_length, "window": window},
        note=packed(note),
    )
    spectrum = librosa.stft(note, n_fft=n_fft, hop_length=hop_length, window=window, center=True, pad_mode="constant")
    full_scale = signal.get_window(window, n_fft).sum() / 2
    expected = 20 * np.log10(np.maximum(np.abs(spectrum), 1e-12) / full_scale)
    measured = unpacked(text).reshape(-1, n_fft // 2 + 1).T
    assert measured.shape == expected.shape
    above = expected > spectral.FLOOR_DB
    assert above.mean() > 0.1
    assert np.abs(measured - np.minimum(expected, 0))[above].max() < 0.1
    assert measured.min() >= spectral.FLOOR_DB


@pytest.mark.parametrize(("n_fft", "hop_length", "window"), SETTINGS)
def test_inverse_is_exact(run, note, n_fft, hop_length, window):
    """To a few hundred roundings of float64."""
    text = run(
        """const made = dsp.makeSettings(given.settings), note = take(given.note, Float32Array);
        return give(dsp.istft(dsp.stft(note, made), made, note.length));""",
        settings={"n_fft": n_fft, "hop_length": hop_length, "window": window},
        note=packed(note),
    )
    assert np.abs(unpacked(text) - note).max() < 1e-13


@pytest.mark.parametrize("scale", spectral.MEL_SCALES)
@pytest.mark.parametrize("n_mels", [64, 384])
def test_mel_bands_are_librosas(run, n_mels, scale):
    magnitude = np.abs(np.random.default_rng(1).standard_normal((5, 1025)))
    text = run(
        """const filterbank = dsp.melFilterbank(given.n, 2048, 16000, given.scale);
        return give(dsp.magnitudeToMel(take(given.magnitude, Float64Array), filterbank));""",
        n=n_mels,
        scale=scale,
        magnitude=packed(magnitude),
    )
    filters = librosa.filters.mel(sr=RATE, n_fft=2048, n_mels=n_mels, htk=scale == "htk", norm=None, dtype=np.float64)
    expected = magnitude @ filters.T
    assert np.abs(unpacked(text).reshape(5, n_mels) - expected).max() < 1e-9 * expected.max()


def test_magnitudes_of_mel_bands_are_pythons(run):
    """The same updates: within float32's rounding of Python's."""
    filters = spectral.mel_filterbank(384, 2048, mel_scale="slaney")
    mel = filters @ torch.rand(1025, 5, generator=torch.Generator().manual_seed(2))
    text = run(
        """const filterbank = dsp.melFilterbank(384, 2048, 16000, "slaney");
        return give(dsp.melToMagnitude(take(given.mel, Float64Array), filterbank));""",
        mel=packed(mel.T.double().numpy()),
    )
    expected = spectral.mel_to_magnitude(mel, filters).T.numpy()
    assert np.abs(unpacked(text).reshape(5, 1025) - expected).max() < 1e-4 * expected.max()


def test_an_unknown_mel_scale_is_named(run):
    said = run("try { dsp.melFilterbank(64, 512, 16000) } catch (error) { return error.message }")
    assert said == "mel_scale 'undefined' is unknown; choose one of htk, slaney"


@pytest.mark.parametrize("window", spectral.WINDOWS)
def test_gaussian_stand_ins_are_the_same(run, window):
    width = run("return dsp.gaussianWidth(given.window);", window=window)
    assert width == pytest.approx(spectral.gaussian_width(window), abs=1e-4)


@pytest.mark.parametrize(("steps", "guess"), [(0, True), (32, False), (16, True)], ids=["PGHI", "Griffin-Lim", "both"])
def test_phase_is_found_as_well_as_in_python(run, note, steps, guess):
    """Log-spectral distance to the original within 0.1 dB of Python's, on equal magnitudes."""
    settings = spectral.STFT(1024, 256)
    original = torch.from_numpy(note)
    magnitude = spectral.stft(original, settings).abs()
    text = run(
        """const made = dsp.makeSettings({ n_fft: 1024, hop_length: 256 });
        const magnitude = take(given.magnitude, Float64Array);
        const phase = given.guess ? dsp.pghi(magnitude, made) : null;
        return give(await dsp.griffinLim(magnitude, made, 64000, { iterations: given.steps, phase }));""",
        magnitude=packed(magnitude.T.double().numpy()),
        steps=steps,
        guess=guess,
    )
    phase = spectral.pghi(magnitude, settings) if guess else None
    ours = spectral.griffin_lim(magnitude, settings, len(note), steps, phase=phase)
    theirs = torch.from_numpy(unpacked(text).astype(np.float32))
    python, browser = (float(spectral.log_spectral_distance(original, sound)) for sound in (ours, theirs))
    assert browser == pytest.approx(python, abs=0.1)
    assert browser < 5


@pytest.mark.parametrize(("n_mels", "scale"), [(384, "slaney"), (256, "htk")])
def test_mel_picture_sounds_as_in_python(run, note, n_mels, scale):
    log_mel = spectral.LogMel(n_mels, mel_scale=scale)
    picture = log_mel.picture(torch.from_numpy(note))
    text = run(
        """const made = dsp.makeSettings({ n_fft: 2048, hop_length: 512 });
        const mel = dsp.fromDb(take(given.picture, Float32Array), made);
        const magnitude = dsp.melToMagnitude(mel, dsp.melFilterbank(given.n, 2048, 16000, given.scale));
        return give(await dsp.magnitudeToAudio(magnitude, made, 64000));""",
        picture=packed(picture.T.numpy()),
        n=n_mels,
        scale=scale,
    )
    theirs = torch.from_numpy(unpacked(text).astype(np.float32))
    original = torch.from_numpy(note)
    python, browser = (
        float(spectral.log_spectral_distance(original, sound)) for sound in (log_mel.sound(picture), theirs)
    )
    assert browser == pytest.approx(python, abs=0.1)


@pytest.mark.parametrize(
    "settings",
    [
        {"n_fft": 512, "hop_length": 1024, "window": "hann"},
        {"n_fft": 1024, "hop_length": 1024, "window": "hann"},
        {"n_fft": 1024, "hop_length": 256, "window": "kaiser"},
    ],
    ids=["hop too long", "gaps", "unknown window"],
)
def test_refuses_in_pythons_words(run, settings):
    said = run("try { dsp.makeSettings(given.settings) } catch (error) { return error.message }", settings=settings)
    with pytest.raises(ValueError, match=r"\w") as refusal:
        spectral.STFT(settings["n_fft"], settings["hop_length"], window=settings["window"])
    assert said == str(refusal.value)


@pytest.mark.parametrize("phase", ["kept", "pghi", "griffin-lim"])
def test_both_engines_give_the_same_answers(run, note, phase):
    """Pictures within one of 256 levels, levels of the sound within 0.1 dB, both sounds as WAV files."""
    settings = {"n_fft": 1024, "hop_length": 256, "window": "hann", "phase": phase}
    python = STFTPicture(note, RATE, hop_length=2, window=0, n_fft=2, phase=0)
    expected, cells = python._picture_message(settings)
    levels, file = python._sound_message(settings)
    answer = run(
        """const sound = { note: take(given.note, Int16Array), sampleRate: 16000 };
        const { bytes, ...picture } = await engine.explore("stft", "picture", given.settings, sound);
        const { wav, ...levels } = await engine.explore("stft", "sound", given.settings, sound);
        return { picture, levels, bytes: give(bytes), wav: give(wav) };""",
        settings=settings,
        note=packed(np.frombuffer(python.note, "<i2")),
    )
    assert answer["picture"] == pytest.approx(expected)
    difference = unpacked(answer["bytes"], "u1").astype(int) - np.frombuffer(cells, "u1")
    assert np.abs(difference).max() <= 1
    for name in ("peak", "rms"):
        assert abs(20 * np.log10(answer["levels"][name] / levels[name])) < 0.1
    with wave.open(io.BytesIO(base64.b64decode(answer["wav"]))) as theirs, wave.open(io.BytesIO(file)) as ours:
        assert theirs.getparams() == ours.getparams()


def test_aborted_job_ends_with_nothing(run, note):
    answer = run(
        """const abort = new AbortController();
        const sound = { note: take(given.note, Int16Array), sampleRate: 16000, signal: abort.signal };
        const settings = { n_fft: 2048, hop_length: 128, window: "hann", phase: "griffin-lim" };
        return engine.explore("stft", "sound", settings, { ...sound, onProgress: () => abort.abort() });""",
        note=packed((note * 32767).astype("<i2")),
    )
    assert answer is None


@pytest.mark.parametrize(
    ("pitch", "family", "velocity", "point", "x", "y"),
    [(60, "organ", 100, 0, 0, 0), (24, "bass", 25, 3, 0.5, -2.5), (96, "vocal", 127, 7, -3, 3)],
)
def test_decoder_is_torchs(run, pitch, family, velocity, point, x, y):
    """Within a thousandth of the 80 dB that a picture holds."""
    model = CVAE.from_pretrained()
    axes, points = explorer_axes(model)
    z = points[point].clone()
    z[axes[0]] += x
    z[axes[1]] += y
    answer = run(
        """const { decibels, rows, cols } = await engine.explore("cvae", "decibels", given);
        return { rows, cols, decibels: give(decibels) };""",
        **{"pitch": pitch, "family": family, "velocity": velocity, "point": point, "x": x, "y": y},
    )
    expected = decode(model, z, pitch, family, velocity).numpy()
    measured = unpacked(answer["decibels"], "<f4").reshape(answer["rows"], answer["cols"])
    assert family in FAMILIES
    assert expected.std() > 1
    assert np.abs(measured - expected).max() < 80e-3
