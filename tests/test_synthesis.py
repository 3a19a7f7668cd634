"""Six ways of synthesis, each against formulas and other libraries: in tune, without aliases, at the levels it says."""

import numpy as np
import pytest
import torch
from helpers import RATE, level_db
from scipy.signal import freqs, lfilter, sawtooth
from scipy.signal.windows import kaiser
from scipy.special import jv

from nsynthlib.audio.pitch import midi_to_hz
from nsynthlib.errors import UsageError
from nsynthlib.synthesis import (
    ADSR,
    FM,
    LFO,
    Additive,
    Modal,
    Operator,
    Plucked,
    SpectralModel,
    Subtractive,
    additive_tone,
    analyse,
    cycles,
    filter_response,
    fm_tone,
    granular_tone,
    partials_below_nyquist,
    plucked_tone,
    shaped_noise,
    subtractive_tone,
    synthesise,
    timeline,
    waveform,
    wavetable,
)
from nsynthlib.synthesis.fm import side_bands
from nsynthlib.synthesis.plucked import pluck, string_loop
from nsynthlib.synthesis.spectral_model import band_edges


def spectrum(audio, size=None):
    """Level in dB against the strongest, and hertz, of every bin; the window's side lobes lie below -140 dB."""
    samples = np.asarray(audio, dtype=np.float64)
    magnitude = np.abs(np.fft.rfft(samples * kaiser(len(samples), 20), size))
    return 20 * np.log10(magnitude / magnitude.max() + 1e-15), np.fft.rfftfreq(size or len(samples), 1 / RATE)


def strongest_stray(audio, *series):
    """Level in dB of the strongest thing that is 9 Hz or more from every member of the ``series`` (first, step)."""
    db, hz = spectrum(audio)
    near = np.zeros(len(hz), dtype=bool)
    for first, step in series:
        near |= np.abs((hz - first + step / 2) % step - step / 2) < 9
    return db[~near].max()


def level_at(audio, hertz):
    db, hz = spectrum(audio)
    return db[np.abs(hz - hertz) < 5].max()


def frequency_near(audio, hertz):
    """Frequency of the strongest peak within a third of an octave, by a parabola over the windowed spectrum's log."""
    db, hz = spectrum(audio, 2**17)
    inside = np.flatnonzero(np.abs(np.log2(np.maximum(hz, 1) / hertz)) < 1 / 6)
    i = inside[db[inside].argmax()]
    a, b, c = db[i - 1 : i + 2]
    return hz[i] + 0.5 * (a - c) / (a - 2 * b + c) * hz[1]


def cents(hertz, expected):
    return 1200 * np.log2(hertz / expected)


# Controls


def test_an_envelope_is_straight_lines_in_decibels():
    curve = ADSR(attack=0.1, decay=2.0, sustain=-12.0, release=0.5).curve()
    db = 20 * torch.log10(curve)
    assert curve[0] == 0
    assert curve.argmax() == 1600
    assert db[1600].item() == pytest.approx(0, abs=1e-4)
    assert db[1600 + 3200].item() == pytest.approx(-6, abs=1e-3)  # 60 dB in 2 s are 6 dB in 0.2
    assert db[40_000].item() == pytest.approx(-12, abs=1e-3)
    assert db[48_000 + 4000].item() == pytest.approx(-12 - 30, abs=1e-3)


def test_an_lfo_keeps_to_its_rate_depth_and_shape():
    for shape, mean_square in (("sine", 1 / 2), ("triangle", 1 / 3), ("square", 1.0)):
        curve = LFO(rate=5.0, depth=20.0, shape=shape).curve()
        assert curve.abs().max().item() == pytest.approx(20, rel=1e-3)
        assert curve.square().mean().item() == pytest.approx(400 * mean_square, rel=1e-2)
        assert (curve[:30_000] - curve[3200:33_200]).abs().mean() < 0.1  # 5 Hz come again every 3200 samples
    late = LFO(rate=5.0, depth=20.0, delay=2.0).curve()
    assert late[:16_000].abs().max() < 10.1


def test_phase_adds_up_the_frequency():
    vibrato = LFO(rate=5.0, depth=50.0).curve()
    frequency = cycles(440.0, vibrato).diff() * RATE
    expected = 440 * 2 ** (vibrato[1:].double() / 1200)
    assert (frequency - expected).abs().max() < 1e-3


# Additive


def test_additive_is_the_sum_of_its_sines():
    f, a, p = [220.0, 561.3, 3333.3], [0.5, 0.3, 0.1], [0.0, 0.25, 0.7]
    time = timeline().numpy()
    fall = np.linspace(1, 0, 64_000 // 64 + 1)
    ramp = np.interp(np.arange(64_000) / 64, np.arange(1001), fall)
    expected = sum(ak * np.sin(2 * np.pi * (fk * time + pk)) for fk, ak, pk in zip(f, a, p, strict=True)) * ramp
    levels = torch.tensor(a)[:, None] * torch.from_numpy(fall)
    for frequencies in (
        torch.tensor(f, dtype=torch.float64),
        torch.tensor(f, dtype=torch.float64)[:, None].expand(3, 9),
    ):
        sound = additive_tone(frequencies, levels, torch.tensor(p))
        assert sound.dtype == torch.float32
        assert np.abs(sound.numpy() - expected).max() < 1e-4


def test_additive_glides_and_falls_silent_before_the_nyquist_frequency():
    glide = torch.linspace(1000, 9000, 1001, dtype=torch.float64)[None]
    sound = additive_tone(glide, torch.ones(1, 1))
    time = timeline().numpy()
    expected = np.sin(2 * np.pi * (1000 * time + 1000 * time**2))  # frequency 1000 + 2000 t
    assert np.abs(sound.numpy() - expected)[:48_000].max() < 1e-3
    assert sound[int(16_000 * 3.43) :].abs().max() == 0


def test_additive_takes_many_sounds_at_once():
    frequencies = torch.rand(2, 5, 3, 1) * 1000 + 100
    amplitudes = torch.rand(2, 5, 3, 7)
    both = additive_tone(frequencies, amplitudes, samples=8000)
    assert both.shape == (2, 5, 8000)
    assert torch.allclose(both[1, 2], additive_tone(frequencies[1, 2], amplitudes[1, 2], samples=8000), atol=1e-5)
    with pytest.raises(UsageError, match="number of amplitudes is 4"):
        additive_tone(torch.ones(3), torch.ones(4))


def test_a_wavetable_follows_its_breakpoints():
    partials = torch.tensor([[1.0, 1.0], [0.0, 1.0]])
    sound = wavetable(cycles(200.0), partials)
    time = timeline().numpy()
    expected = np.sin(2 * np.pi * 200 * time) + np.arange(64_000) / 63_999 * np.sin(2 * np.pi * 400 * time)
    assert np.abs(sound.numpy() - expected).max() < 2e-3


# Aliases: whatever is not a partial is more than 60 dB below the strongest partial


@pytest.mark.parametrize("pitch", [21, 33, 45, 57, 69, 81, 93, 100, 108])
def test_waves_have_no_aliases(pitch):
    f0 = midi_to_hz(pitch)
    for shape in ("saw", "square", "triangle", "pulse"):
        sound = subtractive_tone(f0, shape, cutoff=20_000.0, width=0.2)
        assert strongest_stray(sound, (f0, f0)) < -60, shape
    flat = wavetable(cycles(f0), torch.ones(partials_below_nyquist(f0)))  # the hardest case: a train of pulses
    assert strongest_stray(flat, (f0, f0)) < -60


@pytest.mark.parametrize("pitch", [45, 69, 93])
def test_a_naive_saw_is_caught(pitch):
    f0 = midi_to_hz(pitch)
    assert strongest_stray(sawtooth(2 * np.pi * f0 * timeline().numpy()), (f0, f0)) > -60


@pytest.mark.parametrize("pitch", [21, 45, 69, 81, 93, 100, 108])
@pytest.mark.parametrize(("ratio", "index"), [(1.0, 7.0), (2.0, 3.0), (7.0, 1.0), (1.414, 2.0)])
def test_fm_has_no_aliases(pitch, ratio, index):
    f0 = midi_to_hz(pitch)
    sound = fm_tone(f0, [Operator(modulators=(Operator(ratio, index),))])
    step = ratio * f0
    assert strongest_stray(sound[200:47_800], (f0, step), (-f0, step)) < -60


def test_fm_stacks_have_no_aliases():
    for pitch in (60, 84, 96):
        f0 = midi_to_hz(pitch)
        stack = Operator(modulators=(Operator(1.0, 2.0, modulators=(Operator(3.0, 1.5),)), Operator(2.0, 1.0)))
        assert strongest_stray(fm_tone(f0, [stack, Operator(2.0)])[200:47_800], (f0, f0)) < -60


def test_a_folding_index_is_caught():
    f0 = midi_to_hz(93)
    turns = 2 * np.pi * f0 * timeline().numpy()
    assert strongest_stray(np.sin(turns + 7 * np.sin(turns)), (f0, f0)) > -60


# Subtractive


@pytest.mark.parametrize("resonance", [-3.0, 0.0, 20.0])
def test_filters_are_the_analogue_ones(resonance):
    hertz = torch.linspace(50, 7900, 200)
    q, w = 10 ** (resonance / 20), 2 * np.pi * 1000.0
    numerators = {"lowpass": [w * w], "highpass": [1, 0, 0], "bandpass": [w / q, 0]}
    for kind, numerator in numerators.items():
        ours = filter_response(hertz, torch.tensor(1000.0), resonance, kind).numpy()
        expected = freqs(numerator, [1, w / q, w * w], 2 * np.pi * hertz.double().numpy())[1]
        assert np.abs(ours - expected).max() < 1e-4 * q
    at_cutoff = filter_response(torch.tensor(1000.0), torch.tensor(1000.0), resonance).abs().item()
    assert 20 * np.log10(at_cutoff) == pytest.approx(resonance, abs=1e-3)


def test_waves_are_their_fourier_series():
    """Summed up, the series draws the wave, but for Gibbs's ripples next to its edges."""
    turn = torch.arange(1000) / 1000
    k = torch.arange(1, 20_001)[:, None]
    drawn = {s: (waveform(s, 20_000, 0.3)[:, None] * torch.sin(2 * np.pi * k * turn)).sum(0) for s in ("saw", "square")}
    assert (drawn["saw"] - (1 - 2 * turn))[20:-20].abs().max() < 0.01
    assert (drawn["square"] - torch.where(turn < 0.5, 1.0, -1.0))[20:480].abs().max() < 0.01
    triangle = (waveform("triangle", 2000)[:, None] * torch.sin(2 * np.pi * k[:2000] * turn)).sum(0)
    assert (triangle - (2 / np.pi) * torch.asin(torch.sin(2 * np.pi * turn))).abs().max() < 0.01


def test_the_filter_moves():
    sound = subtractive_tone(110.0, "saw", torch.linspace(8000, 200, 100))
    early, late = sound[:8000], sound[-8000:]
    assert level_at(early, 2200) > level_at(late, 2200) + 20
    with pytest.raises(UsageError, match="cutoff is -1"):
        subtractive_tone(110.0, cutoff=-1.0)


# Frequency modulation


def test_fm_has_the_bessel_functions_levels():
    """Carrier at f, modulator at g: side bands of J_n(index) at f + n g (Chowning 1973)."""
    sound = fm_tone(1000.0, [Operator(modulators=(Operator(0.31, 1.5),))])[:32_000]
    carrier = level_at(sound, 1000)
    for n in (-3, -2, -1, 1, 2, 3, 4):
        expected = 20 * np.log10(abs(jv(n, 1.5) / jv(0, 1.5)))
        assert level_at(sound, 1000 + 310 * n) - carrier == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("index", [0.1, 1.0, 5.0, 20.0])
def test_the_side_bands_left_out_are_below_60_db(index):
    n = side_bands(index)
    assert abs(jv(np.arange(n + 1, n + 60), index)).sum() < 1e-3
    assert n > index  # Carson's rule counts index + 1


# Granular


def test_grains_keep_the_pitch_and_add_none():
    f0 = 440.0
    source = wavetable(cycles(f0, samples=RATE), torch.tensor([1.0, 0.5, 0.25]))
    cloud = granular_tone(source, density=60, length=0.1, jitter=1.0)
    assert cloud.shape == (64_000,)
    db, hz = spectrum(cloud)
    power = 10 ** (db / 10) * (np.abs(hz - f0) < 100)
    assert cents((power * hz).sum() / power.sum(), f0) == pytest.approx(0, abs=5)
    apart = np.abs((hz + f0 / 2) % f0 - f0 / 2) > 150  # a Hann grain of 0.1 s is 20 Hz wide on either side
    assert db[apart].max() < -60


def test_a_raised_grain_folds_nothing():
    """A partial at 7.5 kHz in grains raised by up to three semitones: what would fold is taken out first."""
    source = wavetable(cycles(2500.0, samples=RATE), torch.tensor([1.0, 0.0, 1.0]))
    cloud = granular_tone(source, density=40, length=0.2, spread=100.0)
    db, hz = spectrum(cloud)
    expected = (np.abs(hz - 2500) < 700) | (hz > 6000)
    assert db[~expected].max() < -60


def test_grains_are_the_same_for_the_same_generator():
    source = torch.sin(torch.arange(8000) * 0.1)
    a, b, c = (granular_tone(source, spread=10.0, rng=np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert torch.equal(a, b)
    assert not torch.equal(a, c)
    with pytest.raises(UsageError, match="longer than its longest grain"):
        granular_tone(source, length=0.6)
    with pytest.raises(UsageError, match="density is 0"):
        granular_tone(source, density=0)


# Plucked string


@pytest.mark.parametrize("pitch", [24, 60, 84, 108])
@pytest.mark.parametrize("decay", [0.5, 12.0])
def test_a_string_is_the_recursion(pitch, decay):
    """Computed through spectra, it equals scipy's filter run sample by sample."""
    f0 = midi_to_hz(pitch)
    whole, numerator, denominator = string_loop(f0, decay, 0.3)
    loop = np.concatenate([np.zeros(whole), numerator])
    burst = pluck(f0, 0.2, np.random.default_rng(0))
    excitation = np.zeros(64_000)
    excitation[: len(burst)] = burst
    keep = np.exp(-2 * np.pi * 4000 / RATE)
    excitation = lfilter([(1 - keep) ** 2], [1, -2 * keep, keep**2], excitation)
    feedback = np.zeros(max(len(loop), len(denominator)))
    feedback[: len(denominator)] += denominator
    feedback[: len(loop)] -= loop
    expected = lfilter(denominator, feedback, excitation)
    assert np.abs(plucked_tone(f0, decay, 0.3).numpy() - expected).max() < 1e-5 * np.abs(expected).max()


@pytest.mark.parametrize("pitch", range(24, 85))
def test_strings_are_in_tune_within_two_cents(pitch):
    f0 = midi_to_hz(pitch)
    sound = plucked_tone(f0)[1600:34_368]
    assert max(abs(cents(frequency_near(sound, k * f0), k * f0)) for k in (1, 2, 3)) < 2


@pytest.mark.parametrize("pitch", [96, 100, 105, 108])
def test_higher_strings_have_their_fundamental_in_tune(pitch):
    f0 = midi_to_hz(pitch)
    assert abs(cents(frequency_near(plucked_tone(f0)[1600:18_000], f0), f0)) < 2


def test_strings_die_away_as_told():
    """-60 dB in ``decay`` seconds for the lowest partials; no partial where the string was plucked at a node."""
    sound = plucked_tone(110.0, decay=3.0, high_decay=0.2, position=0.25, cutoff=8000.0)
    first, later = sound[8000:24_000], sound[24_000:40_000]
    db, hz = spectrum(first)
    hann = torch.hann_window(16_000)
    before, after = (
        torch.fft.rfft(x * hann)[110].abs() for x in (first, later)
    )  # one second each, so bin 110 is 110 Hz
    assert 20 * torch.log10(after / before).item() == pytest.approx(-20, abs=0.2)
    assert db[np.abs(hz - 440) < 5].max() < db[np.abs(hz - 330) < 5].max() - 20
    with pytest.raises(UsageError, match="high_decay is 4"):
        plucked_tone(110.0, decay=3.0, high_decay=4.0)


# Spectral modelling


def test_noise_has_its_bands_levels():
    levels = torch.full((40,), -120.0)
    levels[25], levels[35] = -20.0, -30.0
    noise = shaped_noise(levels)
    assert noise.shape == (64_000,)
    power = np.abs(np.fft.rfft(noise.double().numpy())) ** 2 * 2 / 64_000**2
    hz = np.fft.rfftfreq(64_000, 1 / RATE)
    for band, level in ((25, -20), (35, -30)):
        low, high = band_edges()[band : band + 2]
        inside = (hz > low - 40) & (hz < high + 40)
        assert 10 * np.log10(power[inside].sum()) == pytest.approx(level, abs=0.5)
    swell = shaped_noise(torch.stack([torch.full((40,), -60.0), torch.full((40,), -20.0)], 1))
    assert level_db(swell[-8000:]) - level_db(swell[:8000]) == pytest.approx(35, abs=1.5)


def test_analysis_finds_what_was_put_in():
    frequencies = torch.tensor([300.0, 900.0, 2100.0])[:, None].expand(3, 2)
    amplitudes = torch.tensor([[0.4, 0.2], [0.2, 0.1], [0.1, 0.05]])
    model = SpectralModel(frequencies, amplitudes, torch.full((40, 2), -66.0))
    sound = model.resynthesise()
    found = analyse(sound)
    middle = found.frequencies.shape[1] // 2
    on = found.amplitudes[:, middle] > 0.01
    strong, order = found.frequencies[on, middle].sort()
    assert strong.numpy() == pytest.approx([300, 900, 2100], abs=0.5)
    assert found.amplitudes[on, middle][order].numpy() == pytest.approx([0.3, 0.15, 0.075], rel=0.03)
    level = 10 * torch.log10((10 ** (found.noise[:, 20:-20] / 10)).sum(0).mean()).item()
    assert level == pytest.approx(
        level_db(shaped_noise(model.noise)), abs=1.5
    )  # some peaks of noise pass for sinusoids


def test_resynthesis_can_take_longer():
    model = analyse(wavetable(cycles(440.0), torch.tensor([0.4, 0.2, 0.1])))
    longer = model.resynthesise(samples=96_000)
    assert longer.shape == (96_000,)
    assert cents(frequency_near(longer[16_000:80_000], 440), 440) == pytest.approx(0, abs=1)
    with pytest.raises(UsageError, match="2048 or more"):
        analyse(torch.zeros(100))


def test_real_notes_are_rebuilt(real_notes):
    """Band by band, a rebuilt real note is as loud as the note was; its loudest partial stands where it stood."""
    for note in list(real_notes)[:6]:
        audio = note.audio
        rebuilt = analyse(audio).resynthesise()
        spectra = [
            torch.stft(x, 1024, 256, window=torch.hann_window(1024), return_complex=True) for x in (audio, rebuilt)
        ]
        bands = [(p.abs().square().reshape(513, -1)[1:].reshape(32, 16, -1)[..., 10:180]).mean((1, 2)) for p in spectra]
        db = [10 * torch.log10(b.clamp(min=1e-3 * b.max() * 1e-3)) for b in bands]
        assert (db[0] - db[1]).abs().mean() < 3, note.name


# Notes


def test_arguments_out_of_range_are_named():
    for call, message in (
        (lambda: ADSR(attack=-1.0), "attack is -1"),
        (lambda: LFO(rate=0.0), "rate is 0"),
        (lambda: waveform("sine", 3), "shape is sine"),
        (lambda: Operator(ratio=0.0), "ratio is 0"),
        (lambda: fm_tone(9000.0, [Operator()]), "carrier's frequency is 9000"),
        (lambda: synthesise(FM(), 128, 100), "pitch is 128"),
        (lambda: synthesise(FM(), 60, 0), "velocity is 0"),
    ):
        with pytest.raises(UsageError, match=message):
            call()


@pytest.mark.parametrize("overtone", [2.76, 4.0])
def test_bars_ring_at_their_own_frequencies(overtone):
    """An even bar's modes are 1 : 2.756 : 5.404, a marimba's tuned 1 : 4 : 10 (Fletcher and Rossing 1998)."""
    third = {2.76: 5.404, 4.0: 9.9}[overtone]
    sound = synthesise(Modal(decay=4, overtone=overtone, slope=-3, damping=0), 60, 127)
    for ratio in (1, overtone, third):
        expected = ratio * midi_to_hz(60)
        assert frequency_near(sound, expected) == pytest.approx(expected, rel=0.02)


def test_a_stiff_string_stretches_its_partials():
    b, f0 = 5e-4, midi_to_hz(48)
    sound = synthesise(Modal(decay=8, inharmonicity=b, slope=-3), 48, 127)[1600:34_368]
    for k in (1, 2, 8):
        expected = k * f0 * np.sqrt((1 + b * k * k) / (1 + b))
        assert cents(frequency_near(sound, expected), expected) == pytest.approx(0, abs=1)


@pytest.mark.parametrize("timbre", [Additive(), Subtractive(), FM(), Plucked(decay=4)], ids=lambda t: type(t).__name__)
def test_the_same_arguments_give_the_same_bytes(timbre):
    first, again, other = (synthesise(timbre, 60, 100, seed) for seed in (3, 3, 4))
    assert first.shape == (64_000,)
    assert first.dtype == torch.float32
    assert torch.equal(first, again)
    assert torch.equal(first, other) is isinstance(timbre, FM | Subtractive)  # the two that leave nothing to chance
