"""A piece as one WAV file: every note where it belongs and in tune, nothing clipped, and an hour in little memory."""

import numpy as np
import pytest
import torch
from helpers import PEAK, RATE, SMALL, in_python
from midi_files import control, off, on, program, saved
from scipy.io import wavfile

from nsynthlib import CVAE
from nsynthlib.audio import estimate_pitch
from nsynthlib.errors import DataError, UsageError
from nsynthlib.generation import generate, sample_z
from nsynthlib.playing import PlayedNote, hold, play, read_midi, render_melody


def organ(*notes, velocity=100):
    return [PlayedNote(start, end, pitch, velocity, "organ") for start, end, pitch in notes]


def written(path):
    rate, samples = wavfile.read(path)
    assert (rate, samples.dtype, samples.ndim) == (RATE, np.int16, 1)
    return samples / 32768


def heard(sound):
    return estimate_pitch(torch.from_numpy(sound).float())


def test_a_note_is_the_held_note_of_the_model(model, tmp_path):
    """By hand: generate, hold, play, round to 16 bits; velocity 90 is the layer 100 turned down by (90 / 100)^2."""
    done = render_melody(model, organ((0.25, 5.0, 60), velocity=90), tmp_path / "a.wav", seed=3, texture=0.5)
    z = sample_z(model, 60, "organ", 3)
    alone = generate(model, pitch=60, family="organ", velocity=100, seed=3, texture=0.5, z=z)
    expected = play(hold(alone), 4.75, gain=0.81)
    sound = written(tmp_path / "a.wav")
    assert len(sound) == round(6.0 * RATE) == round(done.seconds * RATE)
    assert not sound[:4000].any()
    np.testing.assert_allclose(sound[4000:], expected, atol=0.6 / 32768)
    assert (done.made, done.turned_down) == (1, 0)


def test_notes_overlap_as_the_sum_of_each_alone(model, tmp_path):
    """Across blocks of 8 s, from several of one pitch and two families."""
    notes = [*organ((0, 1, 60), (0.5, 9.5, 60), (7.9, 8.1, 64)), PlayedNote(7.0, 20.0, 55, 25, "flute")]
    render_melody(model, notes, tmp_path / "all.wav")
    total = np.zeros(21 * RATE)
    for number, note in enumerate(notes):
        render_melody(model, [note], tmp_path / f"{number}.wav")
        alone = written(tmp_path / f"{number}.wav")
        total[: len(alone)] += alone
    np.testing.assert_allclose(written(tmp_path / "all.wav"), total[: 21 * RATE], atol=3 / 32768)
    render_melody(model, notes[::-1], tmp_path / "back.wav")
    assert (tmp_path / "back.wav").read_bytes() == (tmp_path / "all.wav").read_bytes()


def test_a_midi_file_is_played_in_tune(model, tmp_path):
    """What a tracker hears of each second of a scale is the key, within 20 cents, on the instrument of its program."""
    scale = (48, 55, 60, 64, 67, 72)
    track = [program(73)]
    for pitch in scale:
        track += [on(pitch), off(pitch, 960)]
    notes = read_midi(saved(tmp_path / "scale.mid", track))
    done = render_melody(model, notes, tmp_path / "scale.wav", seed=1, texture=0)
    sound = written(tmp_path / "scale.wav")
    assert done.made == len(scale)
    assert done.seconds == 7.0
    for number, pitch in enumerate(scale):
        piece = sound[round((number + 0.35) * RATE) : round((number + 0.95) * RATE)]
        assert heard(piece) == pytest.approx(pitch, abs=0.2), pitch


def test_the_pedal_is_heard(model, tmp_path):
    track = [program(16), on(60), off(60, 480), on(72, 1, time=2880), off(72, 480)]
    dry = saved(tmp_path / "dry.mid", track)
    wet = saved(tmp_path / "wet.mid", [control(64, 127), *track, control(64, 0)])
    levels = []
    for path in (dry, wet):
        render_melody(model, read_midi(path), path.with_suffix(".wav"))
        levels.append(np.sqrt(np.mean(written(path.with_suffix(".wav"))[2 * RATE : 3 * RATE] ** 2)))
    assert levels[0] < 1e-4
    assert levels[1] > 1e-2


def test_a_loud_piece_is_turned_down_as_a_whole(model, tmp_path):
    notes = organ(*((0, 2, pitch) for pitch in range(48, 73)), velocity=127)
    done = render_melody(model, notes, tmp_path / "loud.wav")
    sound = written(tmp_path / "loud.wav")
    assert done.turned_down > 1
    assert np.abs(sound).max() == pytest.approx(32767 / 32768, abs=1 / 32768)
    assert np.count_nonzero(np.abs(sound) > 0.999) <= 2  # a peak, not a plateau
    quiet = render_melody(model, notes[:1], tmp_path / "quiet.wav")
    assert quiet.turned_down == 0


def test_vectors_of_ones_own_play_a_family(model, tmp_path):
    z = sample_z(model, 60, "reed", 9)
    render_melody(model, organ((0, 1, 60)), tmp_path / "own.wav", instruments={"organ": z})
    expected = play(hold(generate(model, pitch=60, family="organ", velocity=100, z=z)), 1.0)
    np.testing.assert_allclose(written(tmp_path / "own.wav"), expected, atol=0.6 / 32768)


def test_what_cannot_be_played_leaves_no_file(model, tmp_path):
    out = tmp_path / "x.wav"
    wrong = {
        "at least one note": [],
        "from 2 to 1 s": organ((2, 1, 60)),
        "from -1 to 1 s": organ((-1, 1, 60)),
        "from nan to 1 s": organ((float("nan"), 1, 60)),
        "pitch 128": organ((0, 1, 128)),
        "velocity 0": organ((0, 1, 60), velocity=0),
        "family 'kazoo'": [PlayedNote(0, 1, 60, 100, "kazoo")],
    }
    for complaint, notes in wrong.items():
        with pytest.raises(UsageError, match=complaint):
            render_melody(model, notes, out)
    with pytest.raises(UsageError, match="name a file that ends in"):
        render_melody(model, organ((0, 1, 60)), tmp_path / "x.mp3")
    with pytest.raises(UsageError, match="z must have the shape"):
        render_melody(model, organ((0, 1, 60)), out, instruments={"organ": torch.zeros(3)})
    with pytest.raises(DataError, match="a note has 64000 samples"):
        render_melody(CVAE("small", **SMALL).eval(), organ((0, 1, 60)), out)
    assert not list(tmp_path.iterdir())


HOUR = """
import sys
from nsynthlib import CVAE
from nsynthlib.playing import PlayedNote, render_melody
model = CVAE.from_pretrained()
families = ("organ", "string")
def note(number, seconds):
    return PlayedNote(seconds, seconds + 0.3, 60 + 4 * (number % 3), 100, families[number % 2])
render_melody(model, [note(number, 0) for number in range(6)], sys.argv[1])
before = peak()
done = render_melody(model, [note(number, number * 3.6) for number in range(1000)], sys.argv[1])
print(round(done.seconds), done.made, peak() - before, peak())
"""


@pytest.mark.linux
def test_an_hour_is_rendered_block_by_block(tmp_path):
    """The hour's 57.6 million samples are 115 MB as a WAV and 461 MB as float64: none of it is held in memory."""
    out = tmp_path / "hour.wav"
    seconds, made, more, kilobytes = map(int, in_python("-c", PEAK + HOUR, out).stdout.split())
    assert (seconds, made) == (3598, 6)
    assert more < 60_000
    assert kilobytes < 1_000_000
    assert out.stat().st_size == pytest.approx(2 * RATE * 3597.7, rel=1e-3)
