"""Sound to spectrogram and back, against librosa, scipy and the papers."""

import librosa
import numpy as np
import pytest
import torch
from helpers import decaying_note, in_python, seeded, sine
from scipy import signal

from nsynthlib import spectral
from nsynthlib.errors import UsageError
from nsynthlib.spectral import STFT, LogMel, _pghi


@pytest.fixture(scope="module")
def note():
    return torch.from_numpy(decaying_note(5, 16_000))


@pytest.fixture
def threads():
    """``threads(count)``: as many has torch until the test ends."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


FINE = STFT(1024, 256)


@pytest.fixture(scope="module")
def magnitude(note):
    return spectral.stft(note, FINE).abs()


@pytest.mark.parametrize("window", spectral.WINDOWS)
@pytest.mark.parametrize(("n_fft", "hop_length", "win_length"), [(2048, 512, None), (512, 100, 400), (256, 64, 256)])
def test_stft_is_librosas(note, window, n_fft, hop_length, win_length):
    settings = STFT(n_fft, hop_length, win_length, window)
    ours = spectral.stft(note, settings).numpy()
    theirs = librosa.stft(note.numpy(), n_fft=n_fft, hop_length=hop_length, win_length=win_length, window=window)
    assert ours.shape == (settings.bins, settings.frames(len(note))) == theirs.shape
    np.testing.assert_allclose(ours, theirs, atol=1e-4 * np.abs(theirs).max())


def test_stft_is_scipys(note):
    ours = spectral.stft(note, FINE).numpy()
    transform = signal.ShortTimeFFT(signal.get_window("hann", 1024), 256, 16_000, phase_shift=None)
    theirs = transform.stft(note.numpy(), p0=0, p1=FINE.frames(len(note)))
    assert np.linalg.norm(ours - theirs) < 1e-4 * np.linalg.norm(theirs)


@pytest.mark.parametrize("window", spectral.WINDOWS)
@pytest.mark.parametrize(
    ("n_fft", "hop_length", "win_length"), [(2048, 512, None), (512, 100, 400), (256, 64, 255), (512, 300, None)]
)
def test_inverse_is_librosas(note, window, n_fft, hop_length, win_length):
    """Of a spectrum that no sound has, at lengths within and beyond the last frame."""
    settings = STFT(n_fft, hop_length, win_length, window)
    spectrum = spectral.stft(note, settings) * torch.rand(settings.bins, 1, generator=seeded())
    for length in (8000, 15_990, 16_000):
        ours = spectral.istft(spectrum, settings, length).numpy()
        theirs = librosa.istft(
            spectrum.numpy(), n_fft=n_fft, hop_length=hop_length, win_length=win_length, window=window, length=length
        )
        assert np.linalg.norm(ours - theirs) < 1e-4 * np.linalg.norm(theirs)


@pytest.mark.parametrize("window", spectral.WINDOWS)
def test_the_way_back_is_exact(note, window):
    settings = STFT(1024, 256, window=window)
    batch = torch.stack([note, note.flip(0)])[None]
    back = spectral.istft(spectral.stft(batch, settings), settings, len(note))
    assert back.shape == (1, 2, 16_000)
    torch.testing.assert_close(back, batch, atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"window": "kaiser"}, "window 'kaiser' is unknown"),
        ({"n_fft": 1023}, "n_fft 1023"),
        ({"n_fft": 512, "win_length": 1024}, "win_length 1024"),
        ({"n_fft": 512, "hop_length": 600}, "hop_length 600"),
        ({"n_fft": 512, "hop_length": 512}, "leaves gaps"),
        ({"n_fft": 512, "hop_length": 0}, "hop_length 0"),
    ],
)
def test_settings_without_a_way_back_are_refused(wrong, complaint):
    with pytest.raises(ValueError, match=complaint):
        STFT(**wrong)


@pytest.mark.parametrize("window", spectral.WINDOWS)
@pytest.mark.parametrize("amplitude", [1.0, 0.5, 0.001])
def test_decibels_are_those_of_the_sine(window, amplitude):
    """A sine at a bin's centre lies 20 log10 of its amplitude below 0 dB, whatever the window."""
    settings = STFT(1024, 256, window=window)
    tone = torch.from_numpy(sine(1000, amplitude, 1)).float()
    db = spectral.to_db(spectral.stft(tone, settings).abs(), settings)
    assert db[64, 30].item() == pytest.approx(20 * np.log10(amplitude), abs=0.01)
    assert db.min() >= -80
    assert db.max() <= 0


def test_decibels_and_back(note):
    settings = STFT()
    magnitude = spectral.stft(note, settings).abs()
    back = spectral.from_db(spectral.to_db(magnitude, settings), settings)
    heard = magnitude > settings.reference * 1e-4
    torch.testing.assert_close(back[heard], magnitude[heard], rtol=1e-4, atol=0)
    assert (back[~heard] == 0).all()


def test_magnitude_and_instantaneous_frequency_are_the_spectrum(note):
    spectrum = spectral.stft(torch.stack([note, note.flip(0)]), STFT())
    magnitude, frequency = spectral.to_instantaneous_frequency(spectrum)
    assert frequency.abs().max() <= 1
    back = spectral.from_instantaneous_frequency(magnitude, frequency)
    assert (back - spectrum).norm() < 1e-4 * spectrum.norm()


@pytest.mark.parametrize("hz", [440.0, 1003.7])
def test_instantaneous_frequency_is_that_of_the_sine(hz):
    """In the sine's own bin, up to whole multiples of the frame rate."""
    tone = torch.from_numpy(sine(hz, seconds=1))
    _, frequency = spectral.to_instantaneous_frequency(spectral.stft(tone, FINE))
    frame_rate = 16_000 / 256
    measured = frequency[round(hz * 1024 / 16_000), 10:50].numpy() / 2 * frame_rate
    difference = (measured - hz + frame_rate / 2) % frame_rate - frame_rate / 2
    assert np.abs(difference).max() < 0.01


SCALES = pytest.mark.parametrize("scale", spectral.MEL_SCALES)


@SCALES
def test_mel_and_back(scale):
    hz = np.array([0, 20, 440, 999, 1000, 1001, 4000, 8000.0])
    mel = spectral.hz_to_mel(hz, scale)
    np.testing.assert_allclose(mel, librosa.hz_to_mel(hz, htk=scale == "htk"), rtol=1e-12)
    np.testing.assert_allclose(spectral.mel_to_hz(mel, scale), hz, rtol=1e-12)
    with pytest.raises(ValueError, match="mel_scale 'bark' is unknown; choose one of htk, slaney"):
        spectral.mel_to_hz(mel, "bark")


@SCALES
@pytest.mark.parametrize(("n_mels", "n_fft"), [(384, 2048), (256, 2048), (64, 1024)])
def test_mel_filters_are_librosas(n_mels, n_fft, scale):
    ours = spectral.mel_filterbank(n_mels, n_fft, mel_scale=scale).numpy()
    theirs = librosa.filters.mel(sr=16_000, n_fft=n_fft, n_mels=n_mels, htk=scale == "htk", norm=None)
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


@SCALES
def test_mel_filters_between_two_frequencies_are_librosas(scale):
    ours = spectral.mel_filterbank(40, 2048, 16_000, scale, 150, 5000).numpy()
    theirs = librosa.filters.mel(
        sr=16_000, n_fft=2048, n_mels=40, fmin=150, fmax=5000, htk=scale == "htk", norm=None, dtype=np.float64
    )
    assert np.abs(ours - theirs).max() < 1e-6


@pytest.mark.parametrize(("n_mels", "scale"), [(384, "slaney"), (256, "htk")])
def test_the_models_spectrogram_is_librosas_mel_spectrogram(note, n_mels, scale):
    log_mel = LogMel(n_mels, samples=16_000, mel_scale=scale)
    mel = librosa.feature.melspectrogram(
        y=note.numpy(),
        sr=16_000,
        n_fft=2048,
        hop_length=512,
        power=1.0,
        n_mels=n_mels,
        htk=scale == "htk",
        norm=None,
        pad_mode="constant",
    )
    db = log_mel(note)
    assert db.shape == log_mel.shape
    expected = np.clip(20 * np.log10(np.maximum(mel, 1e-12) / 512), log_mel.floor_db, 0)
    np.testing.assert_allclose(db.numpy(), expected, atol=0.01)
    above = expected > log_mel.floor_db
    levels = spectral.from_db(db, log_mel.stft, log_mel.floor_db).numpy()
    assert np.linalg.norm((levels - mel)[above]) < 1e-4 * np.linalg.norm(mel[above])


def test_the_default_spectrogram_has_at_most_half_again_the_size_of_256_by_128():
    assert LogMel().shape == (384, 126)


@SCALES
def test_band_positions_are_the_filters_centres(scale):
    log_mel = LogMel(mel_scale=scale)
    centres = librosa.mel_frequencies(n_mels=386, fmin=0, fmax=8000, htk=scale == "htk")[1:-1]
    np.testing.assert_allclose(log_mel.bands(centres), np.arange(384), atol=1e-6)


def divergence(mel, other):
    """Generalised Kullback-Leibler divergence of two sets of levels."""
    heard = mel > 0
    return ((mel[heard] * (mel[heard] / other[heard]).log()).sum() - mel.sum() + other.sum()).item()


@SCALES
def test_magnitudes_from_mel_bands_come_ever_nearer_to_those_bands(note, scale):
    filters = spectral.mel_filterbank(384, 2048, mel_scale=scale)
    mel = filters @ spectral.stft(note, STFT()).abs()
    distances = []
    for steps in (1, 2, 5, 10, 20):
        magnitude = spectral.mel_to_magnitude(mel, filters, steps)
        assert (magnitude >= 0).all()
        distances.append(divergence(mel.double(), (filters @ magnitude).double()))
    assert distances == sorted(distances, reverse=True)
    assert ((filters @ spectral.mel_to_magnitude(mel, filters) - mel).norm() / mel.norm()).item() < 0.02


def test_compiled_updates_are_those_of_array_operations(note):
    """Where a gradient is asked for there are only the latter; bands that hold nothing make bins that hold nothing."""
    filters = spectral.mel_filterbank(384, 2048)
    mel = filters @ spectral.stft(note, STFT()).abs()
    mel[200:210] = 0
    ours = spectral.mel_to_magnitude(mel, filters)
    theirs = spectral.mel_to_magnitude(mel.clone().requires_grad_(), filters)
    assert theirs.requires_grad
    assert (ours - theirs).norm() < 1e-6 * theirs.norm()
    alone = (filters[200:210] > 0).any(0) & ~(filters[:200] > 0).any(0) & ~(filters[210:] > 0).any(0)
    assert not ours[alone].any()


@SCALES
def test_magnitudes_that_have_the_bands_already_stay(scale):
    """All bins alike, where the updates begin; bins at both ends lie in no band, their neighbours in one only."""
    filters = spectral.mel_filterbank(40, 1024, mel_scale=scale)
    magnitude = spectral.mel_to_magnitude(filters.sum(1, keepdim=True), filters)[:, 0]
    expected = torch.ones(513)
    expected[[0, -1]] = 0
    torch.testing.assert_close(magnitude, expected, atol=1e-4, rtol=0)


def test_silence_stays_silence():
    log_mel = LogMel(samples=8000)
    silence = log_mel.inverse(log_mel(torch.zeros(2, 8000)))
    assert silence.shape == (2, 8000)
    assert not silence.any()


def test_a_batch_is_its_notes(note):
    """Pictures, magnitudes and sounds, to the bit."""
    log_mel = LogMel(samples=16_000)
    batch = torch.stack([note, note.flip(0), note / 10]).reshape(3, 1, -1)
    spectrograms = log_mel(batch)
    assert spectrograms.shape == (3, 1, *log_mel.shape)
    sounds = log_mel.inverse(spectrograms, 2)
    for one, db, sound in zip(batch, spectrograms, sounds, strict=True):
        assert torch.equal(log_mel(one[0]), db[0])
        assert torch.equal(log_mel.inverse(db[0], 2), sound[0])


def test_threads_make_the_same_notes(note, threads):
    """To the bit, whoever makes them; how many threads there are is as it was."""
    log_mel = LogMel(samples=16_000)
    batch = torch.stack([note / (1 + n) for n in range(5)])
    threads(1)
    spectrograms = log_mel(batch)
    sounds = log_mel.inverse(spectrograms, 2)
    threads(3)
    assert torch.equal(log_mel(batch), spectrograms)
    assert torch.equal(log_mel.inverse(spectrograms, 2), sounds)
    assert torch.get_num_threads() == 3
    with torch.inference_mode():
        assert torch.equal(log_mel.inverse(log_mel(batch), 2), sounds)


def test_what_fails_in_a_thread_is_told(note, threads):
    threads(2)
    with pytest.raises(UsageError, match=r"holds torch.int16.*divide int16 by 32768"):
        LogMel(samples=16_000)(torch.stack([note, note]).short())
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize("shape", [(0,), (2, 0)])
def test_no_notes_have_no_spectrograms_and_no_sounds(shape):
    log_mel = LogMel(64, 512, 256, samples=8000)
    spectrograms = log_mel(torch.zeros(*shape, 8000))
    assert spectrograms.shape == (*shape, *log_mel.shape)
    assert log_mel.magnitude(spectrograms).shape == (*shape, 257, 32)
    assert log_mel.inverse(spectrograms).shape == (*shape, 8000)


def test_a_spectrogram_has_a_gradient(note):
    """The same as by dense matrices, even where the db was first made in inference mode."""
    log_mel = LogMel(64, 512, 256, samples=16_000)
    with torch.inference_mode():
        log_mel(note)
    sound, same = (note.clone().requires_grad_() for _ in range(2))
    log_mel(sound).sum().backward()
    filters = spectral.mel_filterbank(64, 512, mel_scale="slaney")
    bands = filters @ spectral.stft(same, log_mel.stft).abs()
    spectral.to_db(bands, log_mel.stft, log_mel.floor_db).sum().backward()
    assert same.grad.abs().max() > 0
    assert (sound.grad - same.grad).norm() < 1e-4 * same.grad.norm()


@pytest.mark.parametrize("momentum", [0.0, 0.99])
def test_griffin_lim_is_librosas_from_the_same_start(note, magnitude, momentum):
    """From random phase, drawn as librosa draws it."""
    drawn = 2 * np.pi * np.random.default_rng(5).random(magnitude.shape)
    ours = spectral.griffin_lim(
        magnitude, FINE, len(note), 8, momentum, phase=torch.from_numpy(drawn.astype(np.float32))
    )
    theirs = librosa.griffinlim(
        magnitude.numpy(),
        n_iter=8,
        hop_length=256,
        momentum=momentum,
        length=len(note),
        random_state=np.random.default_rng(5),
        dtype=np.float32,
    )
    assert np.linalg.norm(ours.numpy() - theirs) < 1e-4 * np.linalg.norm(theirs)


@pytest.mark.parametrize(("n_fft", "hop_length", "win_length"), [(1024, 256, None), (512, 200, 400), (256, 100, 255)])
def test_compiled_steps_are_those_of_array_operations(note, n_fft, hop_length, win_length):
    """Where a gradient is asked for there are only the latter."""
    settings = STFT(n_fft, hop_length, win_length)
    magnitude = spectral.stft(note, settings).abs()
    ours = spectral.griffin_lim(magnitude, settings, len(note), 4)
    theirs = spectral.griffin_lim(magnitude.clone().requires_grad_(), settings, len(note), 4)
    assert theirs.requires_grad
    assert (ours - theirs).norm() < 1e-4 * theirs.norm()


@pytest.mark.parametrize("samples", [8000, 32_000])
def test_a_sound_of_another_length_is_refused(magnitude, samples):
    with pytest.raises(UsageError, match=f"63 frames is no sound of {samples} samples, which has {1 + samples // 256}"):
        spectral.griffin_lim(magnitude, FINE, samples)


def test_silence_after_a_note_changes_nothing():
    """To the bit, and the silence is one: the frames that are left out would have become zeros."""
    note = torch.from_numpy(decaying_note(5, 16_000)) * (torch.arange(16_000) < 6000)
    magnitude = spectral.stft(note, FINE).abs()
    whole = spectral.griffin_lim(magnitude, FINE, 16_000, 8, phase=spectral.pghi(magnitude, FINE))
    made = spectral.magnitude_to_audio(magnitude, FINE, 16_000, 8)
    assert torch.equal(made, whole)
    assert made[:6000].any()
    assert not made[8000:].any()


@pytest.mark.parametrize(("window", "published"), [("hann", 0.25645), ("hamming", 0.29794), ("blackman", 0.17954)])
def test_gaussian_widths_are_near_the_published_ones(window, published):
    """The authors of PGHI tuned these by trial; the nearest Gaussian in angle lies within 4 % of them."""
    assert spectral.gaussian_width(window) == pytest.approx(published, rel=0.04)


def test_pghi_finds_the_phase_of_a_chirp():
    """On a clean signal the heap integration alone comes within 1 % of the magnitudes; random phase is far off."""
    time = torch.arange(16_000) / 16_000
    chirp = 0.3 * torch.sin(2 * torch.pi * (400 * time + 600 * time**2))
    settings = STFT(1024, 128)
    magnitude = spectral.stft(chirp, settings).abs()
    sound = spectral.griffin_lim(magnitude, settings, 16_000, 0, phase=spectral.pghi(magnitude, settings))
    noise = torch.rand(magnitude.shape, generator=seeded()) * 2 * torch.pi
    lost = spectral.griffin_lim(magnitude, settings, 16_000, 0, phase=noise)
    assert spectral.spectral_convergence(chirp, sound, settings) < 0.03
    assert spectral.spectral_convergence(chirp, lost, settings) > 0.3


def gaussian_phase_error(sign: int = 1) -> float:
    """Root mean square error in radians of the phase steps of a chirp under a Gaussian window, for which PGHI is exact.

    Steps from frame to frame, of bins within 40 dB of the loudest; ``sign`` -1 turns the gradient over.
    """
    n_fft, hop, deviation = 1024, 64, 100.0
    time = np.arange(16_000) / 16_000
    chirp = np.sin(2 * np.pi * (800 * time + 700 * time**2))
    transform = signal.ShortTimeFFT(signal.windows.gaussian(n_fft, deviation, sym=False), hop, 16_000, phase_shift=None)
    spectrum = transform.stft(chirp).T[20:-20]
    magnitude = np.abs(spectrum).astype(np.float32)
    phase = np.zeros(magnitude.shape)
    _pghi.integrate(magnitude, sign * 2 * np.pi * deviation**2, hop, n_fft, 1e-4, phase)
    loud = (magnitude > magnitude.max() / 100)[1:] & (magnitude > magnitude.max() / 100)[:-1]
    turns = np.exp(1j * (np.diff(phase, axis=0) - np.diff(np.angle(spectrum), axis=0)))
    return float(np.sqrt((np.angle(turns[loud]) ** 2).mean()))


def test_pghi_is_right_for_a_gaussian_window():
    """Its own gamma gives each step to a few hundredths of a turn; the gradient turned over does not."""
    assert gaussian_phase_error() < 0.1
    assert gaussian_phase_error(sign=-1) > 0.3


def test_pghi_repeats_itself_and_keeps_batches_apart(note):
    magnitude = spectral.stft(torch.stack([note, note.flip(0)]), FINE).abs()
    both = spectral.pghi(magnitude, FINE)
    assert torch.equal(both, spectral.pghi(magnitude, FINE))
    for one, phase in zip(magnitude, both, strict=True):
        assert torch.equal(spectral.pghi(one, FINE), phase)


def test_pghi_leaves_quiet_bins_to_chance(magnitude):
    one, other = (spectral.pghi(magnitude, FINE, 1e-3, seed) for seed in (0, 1))
    quiet = magnitude <= 1e-3 * magnitude.max()
    assert 0.1 < quiet.float().mean() < 0.99
    assert torch.equal(one[~quiet], other[~quiet])
    assert (one[quiet] != other[quiet]).float().mean() > 0.99


def test_log_spectral_distance_by_hand(note):
    other = note * 0.7
    reference = np.abs(librosa.stft(note.numpy(), n_fft=2048, hop_length=512))
    top = reference.max()
    a = 20 * np.log10(np.maximum(reference / top, 1e-4))
    b = 20 * np.log10(np.maximum(0.7 * reference / top, 1e-4))
    expected = np.sqrt(((a - b) ** 2).mean(0)).mean()
    assert spectral.log_spectral_distance(note, other).item() == pytest.approx(expected, rel=1e-3)
    assert spectral.log_spectral_distance(note, note).item() == 0
    assert spectral.spectral_convergence(note, other).item() == pytest.approx(0.3, rel=1e-3)


def test_copies_of_a_note_are_near_and_always_the_same():
    """4.11 dB and 0.0207, most of it the faint noise, of which bands tell least; without steps it is farther off."""
    audio, log_mel = torch.from_numpy(decaying_note(12)), LogMel()
    db = log_mel(audio)
    copy = log_mel.inverse(db)
    assert torch.equal(copy, log_mel.inverse(db))
    assert spectral.log_spectral_distance(audio, copy) < 4.2
    assert spectral.spectral_convergence(audio, copy) < 0.022
    assert spectral.spectral_convergence(audio, log_mel.inverse(db, 0)) > 2 * 0.022


def test_copy_synthesis_of_real_notes(real_notes):
    """Median log-spectral distance: 0.40 dB of linear magnitudes at 2048/512, 1.0 dB of the models' spectrogram."""
    audio = torch.stack([note.audio for note in real_notes[::3]])
    log_mel = LogMel()
    linear = spectral.magnitude_to_audio(spectral.stft(audio, STFT()).abs(), STFT(), 64_000, 16)
    assert spectral.log_spectral_distance(audio, linear).median() < 0.40
    banded = log_mel.inverse(log_mel(audio))
    assert spectral.log_spectral_distance(audio, banded).median() < 1.0


@pytest.mark.gpu
def test_spectrograms_and_sounds_on_a_gpu_are_the_same(note):
    log_mel = LogMel(samples=16_000)
    db = log_mel(note.cuda())
    assert db.is_cuda
    torch.testing.assert_close(db.cpu(), log_mel(note), atol=0.02, rtol=0)
    magnitude, expected = log_mel.magnitude(db), log_mel.magnitude(db.cpu())
    assert (magnitude.cpu() - expected).norm() < 1e-3 * expected.norm()
    sound = log_mel.inverse(db)
    assert sound.is_cuda
    distances = (spectral.log_spectral_distance(note, s) for s in (sound.cpu(), log_mel.inverse(db.cpu())))
    assert abs(next(distances) - next(distances)) < 0.1


def test_importing_needs_torch_and_scipy_only():
    """A bare machine with a GPU has no librosa and no soundfile; numba is slow to import."""
    code = """import sys, nsynthlib.spectral
print(*{"librosa", "soundfile", "numba", "torchaudio"} & sys.modules.keys())"""
    assert in_python("-c", code).stdout.split() == []
