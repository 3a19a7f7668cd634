"""WAV files of every make and fault: sizes that were never known, other orders and widths, headers that are wrong."""

import random
import re
import struct

import numpy as np
import pytest
import soundfile
from helpers import harmonics, noise_notes

from nsynthlib import NSynth, read_own_sound
from nsynthlib.data import ConversionWarning, check, write_notes
from nsynthlib.errors import DataError

PCM = np.rint(0.3 * 32767 * harmonics(262, 3)).astype("<i2")
FMT = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 16_000, 32_000, 2, 16)
LIST = b"LIST" + struct.pack("<I", 26) + b"INFOISFT\x0e\0\0\0Lavf58.76.100\0"
PYTHON = re.compile(r"[A-Za-z]+Error\b|Traceback|\bNone\b|\bb'|dtype|0x[0-9a-f]+>")


def riff(*chunks, size=None, magic=b"RIFF"):
    body = b"WAVE" + b"".join(chunks)
    return magic + struct.pack("<I", len(body) if size is None else size) + body


def data(size=None, content=None):
    content = PCM.tobytes() if content is None else content
    return b"data" + struct.pack("<I", len(content) if size is None else size) + content


WHOLE = {
    "as it should be": riff(FMT, data()),
    "a pipe of ffmpeg": riff(FMT, LIST, data(0xFFFFFFFF), size=0xFFFFFFFF),
    "a pipe of other programs": riff(FMT, data(0x7FFFFFDB), size=0x7FFFFFFF),
    "a pipe of SoX": riff(FMT, data(0x7FFFF000), size=0x7FFFF024),
    "never closed": riff(FMT, data(0), size=0),
    "whole size 0": riff(FMT, data(), size=0),
    "whole size too large": riff(FMT, data(), size=2 * len(PCM) + 44),
    "whole size too small": riff(FMT, data(), size=100),
    "words after the sound": riff(FMT, data(), LIST),
    "a broken chunk after the sound": riff(FMT, data(), b"\0\0\0"),
    "half a sample too much": riff(FMT, data(0xFFFFFFFF, PCM.tobytes() + b"\0")),
}


@pytest.fixture
def folder(tmp_path):
    """One good note."""
    write_notes(tmp_path / "notes", noise_notes(["organ_synthetic_000"], [60]))
    return tmp_path / "notes"


@pytest.mark.parametrize("name", WHOLE)
def test_all_samples_are_read_whatever_sizes_the_header_tells(folder, tmp_path, name):
    note = NSynth(folder)[0]
    note.path.write_bytes(WHOLE[name])
    np.testing.assert_array_equal(note.samples, PCM)
    assert list(check(folder)) == []
    own = tmp_path / "own.wav"
    own.write_bytes(WHOLE[name])
    np.testing.assert_array_equal(read_own_sound(own).numpy() * 32768, PCM)


@pytest.mark.parametrize(
    ("how", "subtype"),
    [
        ({"format": "RF64"}, "PCM_16"),
        ({"format": "WAVEX"}, "PCM_16"),
        ({"format": "WAV", "endian": "BIG"}, "PCM_16"),
        ({"format": "RF64"}, "PCM_24"),
        ({"format": "WAVEX"}, "PCM_24"),
        ({"format": "WAVEX"}, "FLOAT"),
        ({"format": "WAV", "endian": "BIG"}, "PCM_32"),
        ({"format": "WAV", "endian": "BIG"}, "FLOAT"),
    ],
)
def test_wav_of_every_make_is_read(folder, how, subtype):
    """Written by libsndfile; the width is told as it is."""
    note = NSynth(folder)[0]
    soundfile.write(note.path, PCM / 32768, 16_000, subtype=subtype, **how)
    told = [str(fault) for fault in check(folder)]
    words = {"PCM_16": [], "PCM_24": ["24-bit samples"], "PCM_32": ["32-bit samples"], "FLOAT": ["32-bit float"]}
    assert all(word in line for word, line in zip(words[subtype], told, strict=True))
    if told:
        with pytest.warns(ConversionWarning, match=words[subtype][0]):
            samples = note.samples
    else:
        samples = note.samples
    np.testing.assert_allclose(samples, PCM, atol=0 if subtype == "PCM_16" else 1)


BROKEN = {
    "no sound": (riff(FMT), "no data chunk"),
    "an empty sound": (riff(FMT, data(0, b"")), "holds no samples"),
    "an empty sound before words": (riff(FMT, data(0, b""), LIST), "holds no samples"),
    "no format": (riff(data()), "does not tell the format"),
    "cut short": (riff(FMT, data())[:70_000], "cut short: 69956 of 128000 bytes"),
    "no channels": (riff(FMT.replace(b"\x01\0\x01\0", b"\x01\0\0\0"), data()), "contradicts itself"),
    "bits that do not fit": (riff(FMT[:-2] + b"\x28\0", data()), "contradicts itself: 40 bits in 2 bytes"),
    "another kind of samples": (riff(FMT[:8] + b"\x55\0" + FMT[10:], data()), "convert it to 16-bit PCM"),
    "text": (b"hello, I am no sound", "does not begin as WAV does"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_sound_is_told_in_plain_words(folder, tmp_path, name):
    content, complaint = BROKEN[name]
    NSynth(folder)[0].path.write_bytes(content)
    (line,) = map(str, check(folder))
    assert complaint in line
    assert not PYTHON.search(line), line
    (tmp_path / "own.wav").write_bytes(content)
    if name != "cut short":  # of one's own sound what is there is used
        with pytest.raises(DataError, match=r"own\.wav: (cannot be read as sound|holds no samples)") as error:
            read_own_sound(tmp_path / "own.wav")
        assert not PYTHON.search(str(error.value)), error.value


def test_no_header_ends_in_a_traceback(folder):
    """A thousand headers with bytes changed by chance are read, or refused in words."""
    note, chance = NSynth(folder)[0], random.Random(0)
    refused = 0
    for _ in range(1000):
        content = bytearray(WHOLE["as it should be"])
        for _ in range(chance.choice((1, 1, 2, 4))):
            content[chance.randrange(44)] = chance.choice((0, 1, 2, 3, 8, 24, 127, 255, chance.randrange(256)))
        note.path.write_bytes(content)
        for line in map(str, check(folder)):
            refused += 1
            assert str(note.path) in line
            assert not PYTHON.search(line), line
    assert refused > 100
