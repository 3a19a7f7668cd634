"""Input at the gate: what has a plain meaning is taken, everything else is refused in one line that names it."""

import base64
import inspect
import io
import math
import re

import numpy as np
import pytest
import soundfile
import torch
from helpers import SMALL, command_line
from scipy.io import wavfile

from nsynthlib import AE, CVAE, VAE, LogMel, Settings, generate, reconstruct
from nsynthlib.audio import check_audio, encoding, note_to_midi
from nsynthlib.audio.pitch import read_pitch
from nsynthlib.data import pocket
from nsynthlib.data.sound import read_sound
from nsynthlib.errors import DataError, UsageError
from nsynthlib.generation import decode, sample_z, standard_normal
from nsynthlib.models import condition_of
from nsynthlib.spectral import MEL_SCALE, hz_to_mel, mel_corners, mel_filterbank, mel_to_hz, stft
from nsynthlib.synthesis import Modal, Plucked, synthesise
from nsynthlib.training import fit_prior
from nsynthlib.values import number, share, whole
from nsynthlib.widgets import abx, cvae_explorer, latent_map, mel_explorer, player, players, stft_explorer

TONE = (0.3 * np.sin(np.arange(8000))).astype(np.float32)


def one_line(error, words: str) -> None:
    assert words in str(error.value)
    assert len(str(error.value).splitlines()) == 1


@pytest.fixture(scope="module")
def small():
    torch.manual_seed(0)
    return CVAE(**SMALL).eval()


# --- numbers and names ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [60, 60.0, np.int64(60), np.float32(60), torch.tensor(60), torch.tensor(60.0)])
def test_a_whole_number_is_one_in_any_form(value):
    assert whole("n", value, 0) == 60
    assert type(whole("n", value, 0)) is int


@pytest.mark.parametrize(
    "value", [60.5, True, np.True_, math.nan, math.inf, "60", None, [60], torch.tensor([1, 2]), 1j]
)
def test_what_is_no_whole_number_is_none(value):
    with pytest.raises(UsageError) as error:
        whole("n", value, 0, 127)
    one_line(error, "is no whole number from 0 to 127")
    assert number(True) is None
    with pytest.raises(UsageError, match="p 2 is no number from 0 to 1"):
        share("p", 2)


@pytest.mark.parametrize(
    ("name", "pitch"),
    {
        **{"C4": 60, "A4": 69, "F#3": 54, "Bb2": 46, "C♯4": 61, "D♭4": 61, "B3": 59, "Cb4": 59, "B#3": 60, "F##3": 55},
        **{"C-1": 0, "G9": 127, "c4": 60, "bb2": 46, " C4 ": 60, "60": 60, "60.0": 60, "0": 0},
    }.items(),
)
def test_a_pitch_is_a_number_or_a_note(name, pitch):
    assert read_pitch(name) == pitch
    assert condition_of(name, "organ", 100).pitch.tolist() == [pitch]


def test_note_names_are_librosas():
    librosa = pytest.importorskip("librosa")
    for pitch in range(12, 128):
        assert note_to_midi(librosa.midi_to_note(pitch)) == pitch


@pytest.mark.parametrize("pitch", [128, -1, 60.5, True, math.nan, "H9", "A9", "C", "C#b4", "60.5", "", None, [60]])
def test_what_is_no_pitch_is_named(pitch, small):
    for ask in (
        lambda: condition_of(pitch, "organ", 100),
        lambda: sample_z(small, pitch, "organ", 0),
        lambda: generate(small, pitch=pitch, family="organ", velocity=100),
        lambda: decode(small, torch.zeros(6), pitch, "organ", 100),
    ):
        with pytest.raises(UsageError) as error:
            ask()
        one_line(error, "is no MIDI number; choose one from 0 to 127, or a note such as C4 or F#3")
        assert str(error.value).startswith("pitch ")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"velocity": v}, "velocity ") for v in (0, 128, 60.5, True, math.nan, "loud", None)]
    + [({"family": f}, "family ") for f in ("kazoo", "Organ", 6, None, ["organ"], True)]
    + [({"seed": s}, "seed ") for s in (-1, 0.5, True, None, "x", 2**63)]
    + [({"texture": t}, "texture ") for t in (-0.1, 1.1, math.nan, True, "much", None)]
    + [({"temperature": t}, "temperature ") for t in (0, 1.5, math.nan, True, "hot", None)],
)
def test_what_a_note_cannot_be_is_named(small, wrong, words):
    with pytest.raises(UsageError) as error:
        generate(small, **{"pitch": 60, "family": "organ", "velocity": 100} | wrong)
    one_line(error, words)


def test_the_same_note_by_any_name(small):
    ask = {"family": "organ", "seed": 3}
    notes = [
        generate(small, pitch=pitch, velocity=velocity, **ask)
        for pitch, velocity in ((60, 100), (60.0, np.int64(100)), ("C4", 100.0), (np.float64(60), torch.tensor(100)))
    ]
    assert all(torch.equal(note, notes[0]) for note in notes)


def test_the_command_line_knows_notes_by_name(tmp_path):
    for pitch in ("C4", "60"):
        command_line("generate", tmp_path / f"{pitch}.wav", "--pitch", pitch, "--family", "organ")
    assert (tmp_path / "C4.wav").read_bytes() == (tmp_path / "60.wav").read_bytes()
    for pitch, told_as in (("H9", "'H9'"), ("60.5", "60.5"), ("128", "128"), ("-1", "-1")):
        ask = ("generate", tmp_path / "x.wav", "--pitch", pitch, "--family", "organ")
        _, told = command_line(*ask, code=2)
        assert len(told.splitlines()) == 1
        assert f"pitch {told_as} is no MIDI number" in told
    ask = ("reconstruct", tmp_path / "60.wav", tmp_path / "back.wav", "--pitch", "C4", "--family", "organ")
    command_line(*ask)
    assert (tmp_path / "back.wav").exists()


# --- settings ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [{"kind": "gan"}, {"kind": None}, {"preset": "nope"}, {"preset": 1}]
    + [
        {name: v}
        for name in ("level_share", "augment_prob", "mix_prob", "noise_prob", "kl_warmup")
        for v in (2, -0.1, math.nan, True, "x")
    ]
    + [{name: v} for name in ("epochs", "batch_size") for v in (0, -1, 1.5, True, "3", None)]
    + [{"latent_dim": v} for v in (0, -1, 1.5, True, "3")]
    + [{name: v} for name in ("patience", "seed") for v in (-1, 0.5, True, "3", None)]
    + [{name: v} for name in ("learning_rate", "beta") for v in (0, -1, math.nan, math.inf, True, "1e-3", None)],
    ids=str,
)
def test_settings_are_checked(wrong):
    with pytest.raises(UsageError) as error:
        Settings(**wrong)
    one_line(error, next(iter(wrong)).replace("kind", "model"))


def test_settings_of_any_plain_form_are_the_same():
    assert Settings(epochs=3.0, seed=np.int64(2), learning_rate=1) == Settings(epochs=3, seed=2, learning_rate=1.0)
    assert type(Settings(epochs=3.0).epochs) is int


def test_defaults_agree_everywhere():
    assert AE().decoder.__class__ is AE("residual").decoder.__class__
    assert Settings().preset == "residual"
    for function in (hz_to_mel, mel_to_hz, mel_corners, mel_filterbank, LogMel, AE, mel_explorer):
        assert inspect.signature(function).parameters["mel_scale"].default == MEL_SCALE == "slaney"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"latent_dim": v}, "latent_dim ") for v in (0, -1, 1.5, True, "6")]
    + [({"preset": "huge"}, "preset 'huge' is unknown"), ({"mel_scale": "bark"}, "mel_scale 'bark' is unknown")],
)
def test_a_model_that_cannot_be_is_not_made(wrong, words):
    for kind in (AE, VAE, CVAE):
        with pytest.raises(UsageError) as error:
            kind(**SMALL | wrong)
        one_line(error, words)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"mel_scale": "bark"}, "mel_scale 'bark' is unknown; choose one of htk, slaney"),
        ({"n_mels": 0}, "n_mels 0 is no whole number of at least 1"),
        ({"n_mels": 12.5}, "n_mels 12.5"),
        ({"samples": 0}, "samples 0"),
        ({"hop_length": 0}, "hop_length 0"),
        ({"n_fft": "2048"}, "n_fft '2048'"),
        ({"n_fft": 3}, "n_fft 3 must be an even number"),
        ({"hop_length": 4096}, "hop_length 4096"),
        ({"floor_db": 0}, "floor_db 0 is no number below 0"),
        ({"floor_db": math.nan}, "floor_db nan"),
    ],
)
def test_a_spectrogram_that_cannot_be_is_refused_when_made(wrong, words):
    with pytest.raises(UsageError) as error:
        LogMel(**wrong)
    one_line(error, words)
    assert LogMel(n_mels=384.0) == LogMel()


# --- models -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("other", [AE, VAE, "cvae", None, CVAE], ids=["AE", "VAE", "text", "nothing", "the class"])
def test_a_model_that_is_no_cvae_is_named(other, tmp_path):
    model = other(**SMALL) if other in (AE, VAE) else other
    tasks = {
        "generate": lambda: generate(model, pitch=60, family="organ", velocity=100),
        "decode": lambda: decode(model, torch.zeros(6), 60, "organ", 100),
        "sample_z": lambda: sample_z(model, 60, "organ", 0),
        "fit_prior": lambda: fit_prior(model, None, Settings()),
    }
    if model is not None:
        tasks["the explorer of a CVAE"] = lambda: cvae_explorer(model)
    for task, ask in tasks.items():
        with pytest.raises(UsageError) as error:
            ask()
        one_line(error, f"{task} needs a trained CVAE, not ")
    assert not (tmp_path / "page").exists()
    if other not in (AE, VAE):
        with pytest.raises(UsageError, match="reconstruct needs a trained AE, not "):
            reconstruct(model, pocket()[0])


@pytest.mark.parametrize(
    ("z", "words"),
    [
        (torch.zeros(5), "the shape [6] for this model, not [5]"),
        (torch.zeros(1, 6), "the shape [6] for this model, not [1, 6]"),
        (torch.zeros(6).long(), "floats, not int64"),
        (torch.zeros(6).bool(), "floats, not bool"),
        (torch.full((6,), torch.nan), "not finite numbers"),
        ([0, 0, 0, 0, 0, math.inf], "not finite numbers"),
        ("z", "a tensor of 6 numbers, not 'z'"),
    ],
)
def test_a_latent_vector_that_cannot_be_is_named(small, z, words):
    for ask in (
        lambda: decode(small, z, 60, "organ", 100),
        lambda: generate(small, pitch=60, family="organ", velocity=100, z=z),
    ):
        with pytest.raises(UsageError) as error:
            ask()
        one_line(error, words)


def test_a_latent_vector_of_any_plain_form_is_the_same(small):
    z = standard_normal(small, 1)
    expected = decode(small, z, 60, "organ", 100)
    for form in (z.double(), z.numpy(), z.tolist(), z.clone().requires_grad_()):
        assert torch.equal(decode(small, form, 60, "organ", 100), expected)


# --- sound ------------------------------------------------------------------------------------------------------


def test_a_sound_of_any_form_is_the_same():
    note = pocket()[0]
    for form in (
        note,
        note.audio,
        note.samples,
        note.audio.numpy(),
        note.audio.double(),
        torch.from_numpy(note.samples),
    ):
        assert torch.equal(read_sound(form), note.audio)
    assert read_sound(note.audio.tolist()[:9]).tolist() == note.audio[:9].tolist()
    frozen = note.audio.numpy().copy()
    frozen.flags.writeable = False
    assert torch.equal(read_sound(frozen), note.audio)
    assert read_sound(torch.zeros(3, requires_grad=True)).tolist() == read_sound(torch.zeros(3).bfloat16()).tolist()
    assert check_audio(np.array([-32768, 32767], np.int16)).tolist() == [-1.0, 32767 / 32768]


@pytest.mark.parametrize(
    ("sound", "words"),
    [
        (torch.zeros(2, 8), "not shape [2, 8]"),
        (0.5, "not shape []"),
        ([], "not shape [0]"),
        ([0.0, math.nan], "not finite numbers"),
        ([0.0, 1e300], "not finite numbers"),
        ([0.0, 2.0], "reaches 2, beyond full scale"),
        (np.array([0, 3000], np.int32), "reaches 3e+03, beyond full scale"),
        ([True, False], "audio must be numbers"),
        (np.zeros(4, complex), "audio must be numbers"),
        ("note.wav", "audio must be numbers in [-1, 1], or int16, not 'note.wav'"),
        (None, "audio must be numbers"),
        ([[0.0], [0.0, 1.0]], "audio must be one channel"),
    ],
)
def test_what_is_no_sound_is_named(small, sound, words):
    for ask in (
        lambda: read_sound(sound),
        lambda: player(sound, "a"),
        lambda: players({"a": sound}),
        lambda: stft_explorer(sound),
        lambda: mel_explorer(sound),
        lambda: abx({"a": sound, "b": sound}),
        lambda: reconstruct(small, sound),
    ):
        with pytest.raises(UsageError) as error:
            ask()
        one_line(error, words)


def test_a_note_tells_its_own_condition():
    """And a CVAE that is given bare sound says what to give."""
    note = pocket()[0]
    model = CVAE.from_pretrained()
    told = condition_of(note.pitch, note.family, note.velocity)
    expected = reconstruct(model, note.audio, told)
    for form in (note.audio.numpy(), note.samples, note.audio.double()):
        assert torch.equal(reconstruct(model, form, told), expected)
    assert torch.equal(reconstruct(model, note), expected)
    for wrong in (None, (60, "organ", 100)):
        with pytest.raises(UsageError) as error:
            reconstruct(model, note.audio, wrong)
        one_line(error, "give reconstruct a Note, or condition=condition_of(pitch, family, velocity)")
    with pytest.raises(DataError, match="a note has 64000 samples, not 100"):
        reconstruct(model, torch.zeros(100))
    assert reconstruct(AE.from_pretrained(), note).shape == (64_000,)


def test_integers_are_no_sound_to_a_transform():
    for picture in (LogMel(samples=8000), lambda audio: stft(audio, LogMel().stft)):
        with pytest.raises(UsageError) as error:
            picture(torch.zeros(8000, dtype=torch.int16))
        one_line(error, "audio holds torch.int16, and takes floats in [-1, 1]; divide int16 by 32768")


@pytest.mark.parametrize("rate", [3000, 10_000, 22_254, 96_000, 192_000, *encoding.MP3_RATES])
def test_a_sound_of_any_rate_is_played(rate):
    kind = "mpeg" if rate in encoding.MP3_RATES else "wav"
    for shown in (player(TONE, "a", rate), players({"a": TONE}, rate), players([player(TONE, "a", rate)])):
        assert f'src="data:audio/{kind};base64,' in shown._repr_html_()
    assert f"{8000 / rate:.2f} s" in repr(player(TONE, "a", float(rate)))
    assert abx({"a": TONE, "b": TONE}, rate).sample_rate == rate
    for explorer in (stft_explorer(TONE, rate), mel_explorer(TONE, rate)):
        chosen = {n: getattr(explorer.widget, n) for n in explorer.widget.settings}
        chosen = {n: explorer.widget.choices[n][v] if n in explorer.widget.choices else v for n, v in chosen.items()}
        for want in ("figure", "original"):
            assert explorer.widget.answer(want, chosen)
        assert bytes(explorer.widget.answer("sound", chosen)["wav"])[:4] == b"RIFF"


def test_what_wav_carries_is_the_sound_itself():
    address = encoding.data_url(TONE, 10_000)
    rate, samples = wavfile.read(io.BytesIO(base64.b64decode(address.partition(",")[2])))
    assert rate == 10_000
    assert np.abs(samples / 32768 - TONE).max() < 1 / 32768


@pytest.mark.parametrize("rate", [0, -1, 1000, 10**6, 44100.5, True, math.nan, "16000", None])
def test_a_rate_that_no_browser_plays_is_refused_when_made(rate):
    for make in (
        lambda: player(TONE, "a", rate),
        lambda: players({"a": TONE}, rate),
        lambda: stft_explorer(TONE, rate),
        lambda: mel_explorer(TONE, rate),
        lambda: abx({"a": TONE, "b": TONE}, rate),
    ):
        with pytest.raises(UsageError) as error:
            make()
        one_line(error, "is no whole number from 3000 to 768000")


def test_players_take_notes_and_nothing_else():
    note = pocket()[0]
    assert repr(player(note, "a")) == repr(player(note.audio, "a"))
    assert "audio/mpeg" in latent_map([[0, 0]], [note]).sounds[0]
    with pytest.raises(UsageError, match="players are made of a list of player"):
        players([note.audio])


# --- synthesis --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("timbre", [Modal(), Plucked()], ids=["modal", "plucked"])
def test_struck_and_plucked_things_sound_as_they_are_made(timbre):
    for pitch in (24, 60, 96):
        sound = synthesise(timbre, pitch, 100)
        assert sound.isfinite().all()
        assert 0.1 < sound.abs().max() <= 1
        assert sound[:16_000].square().mean() > 4 * sound[32_000:48_000].square().mean()
    with pytest.raises(UsageError, match="decay is 0; it must be longer than 0 seconds"):
        synthesise(type(timbre)(decay=0), 60, 100)


def test_a_note_shows_its_player_in_a_notebook():
    note = pocket()[0]
    shown = note._repr_html_()
    assert f'aria-label="{note.name}: ' in shown
    data = base64.b64decode(re.search(r"base64,([^\"]+)", shown)[1])
    audio, rate = soundfile.read(io.BytesIO(data), dtype="float32")
    assert rate == 16_000
    rms = float(np.sqrt(np.mean(audio**2)))
    assert rms == pytest.approx(float(note.audio.square().mean().sqrt()), rel=0.05)  # as loud as it is


@pytest.mark.parametrize("pitch", [60.0, "60", "C4", [np.int64(60)]])
def test_notes_are_chosen_by_a_pitch_in_any_plain_form(pitch):
    assert pocket().filter(pitch=pitch) == pocket().filter(pitch=60)
    assert len(pocket().filter(pitch=60)) == 9


@pytest.mark.parametrize(
    ("label", "value"),
    [("pitch", 60.5), ("pitch", 128), ("velocity", math.nan), ("family", "tuba"), ("source", "acoustics")],
)
def test_notes_are_not_chosen_by_what_no_note_can_be(label, value):
    with pytest.raises(UsageError) as error:
        pocket().filter(**{label: value})
    one_line(error, label)
