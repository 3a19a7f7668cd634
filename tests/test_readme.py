"""What the README shows is there, light, and what it says it is."""

import re

import numpy as np
import pytest
import soundfile
from helpers import ROOT
from show_readme import PHRASE, STEP

README = (ROOT / "README.md").read_text(encoding="utf-8")
LINKED = [target for target in re.findall(r"\]\(([^)]+)\)", README) if "://" not in target]


def loudest_hz(sound: np.ndarray, rate: int) -> float:
    """The frequency of the highest line of the product of a spectrum and its first three harmonics' lines."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 8 * len(sound)))
    length = len(spectrum) // 3
    product = spectrum[:length] * spectrum[: 2 * length : 2] * spectrum[: 3 * length : 3]
    return (1 + int(np.argmax(product[1:]))) * rate / (8 * len(sound))


def test_links_lead_to_files_of_the_repository():
    assert len(LINKED) > 10
    assert [target for target in LINKED if not (ROOT / target).is_file()] == []


def test_pictures_and_sounds_are_light():
    shown = [ROOT / target for target in LINKED if target.startswith("book/_static/")]
    assert {file.suffix for file in shown} == {".png", ".mp3"}
    assert [file.name for file in shown if file.stat().st_size > {".png": 150_000, ".mp3": 100_000}[file.suffix]] == []


def test_every_picture_is_told_in_words():
    assert all(len(words) > 60 for words in re.findall(r"!\[([^\]]*)\]", README))


def test_both_commands_are_told_and_no_repository():
    assert re.search(r"(?m)^make book\b", README)
    assert re.search(r"(?m)^make test\b", README)
    assert re.findall(r"github\.com|github\.io|colab\.research", README) == []


@pytest.mark.parametrize(("place", "pitch"), list(enumerate(PHRASE)))
def test_the_phrase_plays_its_notes(place, pitch):
    sound, rate = soundfile.read(ROOT / "book/_static/phrase.mp3")
    one = sound[int((place + 0.15) * STEP * rate) : int((place + 0.85) * STEP * rate)]
    heard = 69 + 12 * np.log2(loudest_hz(one, rate) / 440)
    assert heard == pytest.approx(pitch, abs=0.3)
    assert 20 * np.log10(np.sqrt(np.mean(one**2))) > -30  # dBFS: to be heard without turning up


def test_the_phrase_is_as_long_as_is_said():
    assert soundfile.info(ROOT / "book/_static/phrase.mp3").duration == pytest.approx(5, abs=0.5)
