"""The page's engine in JavaScript against librosa and torch, on the same inputs, in a browser."""

import base64
import io
import re
import wave

import librosa
import numpy as np
import pytest
import torch
from helpers import RATE, decaying_note, settings_of
from scipy import signal

from nsynthlib import spectral
from nsynthlib.generation import decode
from nsynthlib.generation.pad import pad_of
from nsynthlib.widgets import fourier_explorer, mel_explorer, sampling_explorer, stft_explorer

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
    return decaying_note(20)


@pytest.fixture(scope="module")
def run(pages, visit):
    """``run(body, **inputs)`` evaluates JavaScript beside the book's modules ``dsp`` and ``engine``."""
    window = visit()
    window.open_html(f"{pages}/blank.html", "<!doctype html><title>-</title>")
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
def test_mel_spectrogram_sounds_as_in_python(run, note, n_mels, scale):
    log_mel = spectral.LogMel(n_mels, mel_scale=scale)
    db = log_mel(torch.from_numpy(note))
    text = run(
        """const made = dsp.makeSettings({ n_fft: 2048, hop_length: 512 });
        const mel = dsp.fromDb(take(given.db, Float32Array), made, given.floor);
        const magnitude = dsp.melToMagnitude(mel, dsp.melFilterbank(given.n, 2048, 16000, given.scale));
        return give(await dsp.magnitudeToAudio(magnitude, made, 64000));""",
        db=packed(db.T.numpy()),
        n=n_mels,
        scale=scale,
        floor=log_mel.floor_db,
    )
    theirs = torch.from_numpy(unpacked(text).astype(np.float32))
    original = torch.from_numpy(note)
    python, browser = (
        float(spectral.log_spectral_distance(original, sound)) for sound in (log_mel.inverse(db), theirs)
    )
    assert browser == pytest.approx(python, abs=0.1)


@pytest.mark.parametrize(
    "settings",
    [
        {"n_fft": 512, "hop_length": 1024, "window": "hann"},
        {"n_fft": 1024, "hop_length": 1024, "window": "hann"},
        {"n_fft": 1024, "hop_length": 256, "window": "kaiser"},
        {"n_fft": 1024, "hop_length": 256, "window": "hann", "win_length": 2048},
        {"n_fft": 1024, "hop_length": 512, "window": "hann", "win_length": 256},
        {"n_fft": 1024, "hop_length": 512, "window": "hann", "win_length": 512},
    ],
    ids=["hop too long", "gaps", "unknown window", "window too long", "hop beyond the window", "gaps beside it"],
)
def test_refuses_in_pythons_words(run, settings):
    said = run("try { dsp.makeSettings(given.settings) } catch (error) { return error.message }", settings=settings)
    with pytest.raises(ValueError, match=r"\w") as refusal:
        spectral.STFT(**settings)
    assert said == str(refusal.value)


EXPLORERS = {
    "STFT, phase kept": lambda note: stft_explorer(note, RATE, phase="kept"),
    "STFT, short window": lambda note: stft_explorer(note, RATE, win_length=512, hop_length=128, window="blackman"),
    "STFT, linear": lambda note: stft_explorer(note, RATE, display="linear", phase="griffin-lim", n_iter=10),
    "STFT, both": lambda note: stft_explorer(note, RATE, phase="pghi, griffin-lim", n_iter=8),
    "mel, Slaney": lambda note: mel_explorer(note, RATE),
    "mel, HTK, part": lambda note: mel_explorer(note, RATE, n_mels=384, mel_scale="htk", f_min=150, f_max=5000),
    "Fourier": lambda note: fourier_explorer(note, RATE),
    "Fourier, past the end": lambda note: fourier_explorer(
        note, RATE, frequency=3333.3, highest=8000, start=3990, frame_length=4096, window="hann"
    ),
    "sampling": lambda note: sampling_explorer(),
    "sampling, folded": lambda note: sampling_explorer(frequency=11_000, sample_rate=16_000, bits=8, dither=True),
    "sampling, soft": lambda note: sampling_explorer(frequency=50, sample_rate=48_000, bits=2, dither=True, level=-20),
}


OWN = ("sampling, folded", "sampling, soft", "mel, HTK, part", "Fourier")  # once more with a reader's own sound


@pytest.mark.parametrize(("name", "is_own"), [(n, False) for n in EXPLORERS] + [(n, True) for n in OWN])
def test_both_engines_give_the_same_answers(run, note, name, is_own):
    """Pictures within one of 256 levels, curves to rounding, sounds' levels within 0.1 dB, WAV files of one format."""
    widget = EXPLORERS[name](note).widget
    settings = settings_of(widget)
    own = [(32_767 * note[7000:12_000]).astype("<i2").tobytes()] if is_own else []
    answer = run(
        """const sound = { note: take(given.note, Int16Array), sampleRate: 16000 };
        const ask = async (want) => {
          const answer = await engine.explore(given.kind, want, given.settings, sound);
          const give_arrays = ([name, value]) => [name, ArrayBuffer.isView(value) ? give(value) : value];
          return Object.fromEntries(Object.entries(answer).map(give_arrays));
        };
        return { figure: await ask("figure"), sound: await ask("sound"), original: await ask("original") };""",
        settings=settings,
        kind=widget.kind,
        note=packed(np.frombuffer(own[0] if own else widget.note, "<i2")),
    )
    expected = widget.answer("figure", settings, own)
    assert answer["figure"].keys() == expected.keys()
    for key, value in expected.items():
        theirs = answer["figure"][key]
        if key == "cells":
            assert np.abs(unpacked(theirs, "u1").astype(int) - value.ravel()).max() <= 1
        elif isinstance(value, np.ndarray):
            tolerance = {"spectrum": 0.1, "original": 0.1, "corners": 1e-2}.get(key, 1e-6)
            assert np.abs(unpacked(theirs, "<f4") - value).max() < tolerance
        else:
            assert theirs == pytest.approx(value, rel=1e-4)
    for want in ("sound", "original"):
        ours, theirs = widget.answer(want, settings, own), answer[want]
        for key in ("peak", "rms"):
            if (
                key == "rms" or want == "original"
            ):  # a peak hangs on phases, which are guessed with other random numbers
                assert abs(20 * np.log10(theirs[key] / ours[key])) < 0.1
        files = base64.b64decode(theirs["wav"]), ours["wav"].tobytes()
        with wave.open(io.BytesIO(files[0])) as one, wave.open(io.BytesIO(files[1])) as other:
            assert one.getparams() == other.getparams()


@pytest.mark.parametrize(
    ("length", "start", "window"), [(64, 0, "boxcar"), (1024, 250, "hann"), (4096, 3990, "blackman")]
)
def test_the_fourier_probe_is_numpys_dft(run, note, length, start, window):
    """Within 1e-9 at bins from the lowest to the highest; the last frame reaches past the end of the sound."""
    widget = fourier_explorer(note, highest=8000, start=start, frame_length=length, window=window).widget
    bins = np.array([0, 1, 13, length // 2 - 1, length // 2])
    found = run(
        """const sound = { note: take(given.note, Int16Array), sampleRate: 16000 };
        const ask = (frequency) => engine.explore("fourier", "figure", { ...given.settings, frequency }, sound);
        return (await Promise.all(given.frequencies.map(ask))).map(({ re, im }) => [re, im]);""",
        note=packed(np.frombuffer(widget.note, "<i2")),
        settings=settings_of(widget),
        frequencies=(bins * RATE / length).tolist(),
    )
    samples = np.append(np.frombuffer(widget.note, "<i2") / 32768, np.zeros(length))
    frame = samples[start * RATE // 1000 :][:length] * signal.get_window(window, length)
    assert np.abs(np.array(found) @ [1, 1j] - np.fft.rfft(frame)[bins]).max() < 1e-9


def test_refusals_are_the_same(run, note):
    widget = mel_explorer(note, RATE, f_min=4000, f_max=2000).widget
    said = run(
        """const sound = { note: new Int16Array(8000), sampleRate: 16000 };
        return engine.explore("mel", "figure", given.settings, sound).catch((error) => error.message);""",
        settings=settings_of(widget),
    )
    with pytest.raises(ValueError, match=re.escape(said)):
        widget.answer("figure", settings_of(widget))


def test_aborted_job_ends_with_nothing(run, note):
    answer = run(
        """const abort = new AbortController();
        const sound = { note: take(given.note, Int16Array), sampleRate: 16000, signal: abort.signal };
        const settings = { n_fft: 2048, hop_length: 128, window: "hann", phase: "griffin-lim", n_iter: 32 };
        return engine.explore("stft", "sound", settings, { ...sound, onProgress: () => abort.abort() });""",
        note=packed((note * 32767).astype("<i2")),
    )
    assert answer is None


@pytest.mark.parametrize(
    ("pitch", "family", "velocity", "x", "y", "texture"),
    [(60, "organ", 100, 0, 0, 0), (24, "bass", 25, 0.5, -1.5, 1), (96, "vocal", 127, -2, 2, 0.4)],
)
def test_decoder_is_torchs(run, model, pitch, family, velocity, x, y, texture):
    """Within a thousandth of the 100 dB that a spectrogram holds."""
    pad = pad_of(model, family)
    answer = run(
        """const { decibels, rows, cols } = await engine.explore("cvae", "decibels", given);
        const { ends } = await engine.explore("cvae", "figure", given);
        return { rows, cols, decibels: give(decibels), ends };""",
        **{"pitch": pitch, "family": family, "velocity": velocity, "x": x, "y": y, "texture": texture},
    )
    expected = decode(model, pad.at(x, y), pitch, family, velocity, texture).numpy()
    measured = unpacked(answer["decibels"], "<f4").reshape(answer["rows"], answer["cols"])
    assert answer["ends"] == [list(pair) for pair in pad.ends[:2]]
    assert expected.std() > 1
    assert np.abs(measured - expected).max() < 100e-3
