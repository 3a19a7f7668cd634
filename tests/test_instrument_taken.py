"""What is taken from the instrument's page and brought to it: links, loops, files, and sounds of one's own."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator

import mido
import numpy as np
import pytest
import soundfile
from hand import wav
from helpers import RATE, played_note
from instrument_player import PAGE, Player, cents_beside

from nsynthlib.data.sfz import read_sfz


@pytest.fixture(scope="module")
def window(visit):
    return visit()


def test_a_link_gives_the_same_sound_and_phrase(site, visit, player):
    """Every control by hand, and the same numbers on another page: note for note, sample for sample."""
    player.choose("Family", "brass")
    player.choose("Begin from", player.page.evaluate("instrument.timbres().brass.points[0]"))
    player.page.locator(".nn-pad-area").click(position={"x": 60, "y": 40})
    player.unfold("Shape the sound")
    player.slide("^Shorter", 0.7)
    player.slide("^Breath", 0.5)
    player.slide("^Velocity curve", -0.4)
    player.unfold("Morph to a second sound")
    player.choose("Second sound", "family=string")
    player.slide("^Morph", 0.25)
    player.page.evaluate("instrument.settings.phrase = 'rs~1o.2s.0.dw~1s.2k.go.5k'")
    sound, settings = player.note(), player.settings()
    player.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    player.button("Copy link").click()
    player.says("The link is copied")
    link = player.page.evaluate("navigator.clipboard.readText()")
    assert link == player.link()
    window = visit()
    other = Player(window.page, link)
    assert other.settings() == settings
    assert settings["family"] == "brass"
    assert settings["second"] == "family=string"
    assert {settings["morph"], settings["texture"], settings["curve"]} == {0.25, 0.5, -0.4}
    assert np.array_equal(other.note(), sound)
    assert np.abs(sound).max() > 0.01
    other.page.get_by_text("2 notes, 1.0 s.").wait_for()
    assert window.complaints == []


def read_phrase(text: str) -> tuple[float, list[tuple[int, int, float, float]]]:
    """Length, and of each note key, velocity, start and length in seconds, as the page's words describe the text."""
    length, *notes = text.split("~")
    read = [[int(part, 36) for part in note.split(".")] for note in notes]
    return int(length, 36) / 1000, [(midi, velocity, start / 1000, held / 1000) for midi, velocity, start, held in read]


def test_the_looper_records_goes_round_and_takes_back(player):
    player.button("● Record").click()
    for letter in "qe":
        player.page.keyboard.press(letter, delay=150)
    player.button("■ Stop").click()
    player.told(4)
    seconds, notes = read_phrase(player.settings()["phrase"])
    assert [note[:2] for note in notes] == [(60, 100), (64, 100)]
    assert notes[0][2] == 0
    assert all(held >= 0.1 for *_, held in notes)
    assert notes[0][3] <= notes[1][2] < seconds
    player.button("Play").click()
    again = [event[:2] for event in player.told(8)]
    assert again == 2 * [["noteon", 60], ["noteoff", 60], ["noteon", 64], ["noteoff", 64]]
    player.button("● Overdub").click()
    player.page.keyboard.press("i", delay=50)
    player.button("■ End this layer").click()
    player.button("■ Stop").click()
    assert sorted(note[0] for note in read_phrase(player.settings()["phrase"])[1]) == [60, 64, 72]
    player.button("Undo layer").click()
    assert read_phrase(player.settings()["phrase"]) == (seconds, notes)
    player.button("Clear").click()
    assert player.settings()["phrase"] == ""


PHRASE = "1jk~1o.2s.0.dw~1s.2k.go.5k"  # 2 s: C4 at once for 0.5 s at 100, E4 at 0.6 s for 0.2 s at 92


@pytest.mark.parametrize(("button", "rate"), [("WAV, 48 kHz", 48_000), ("WAV, 16 kHz", 16_000)])
def test_a_phrase_is_saved_as_wav(player, button, rate):
    player.page.evaluate("phrase => { instrument.settings.phrase = phrase }", PHRASE)
    name, data = player.saved(button)
    assert name == f"organ-{rate // 1000}k.wav"
    sound, found = soundfile.read(io.BytesIO(data))
    assert found == rate
    assert len(sound) == pytest.approx((0.8 + 1) * rate, abs=2)  # the last note's end, and its release
    assert 0.01 < np.abs(sound).max() < 1
    assert abs(cents_beside(sound[int(0.1 * rate) : int(0.5 * rate)], rate, 60)) < 20
    assert abs(cents_beside(sound[int(0.62 * rate) : int(0.8 * rate)], rate, 64)) < 20


def test_a_phrase_is_saved_as_midi(player):
    player.page.evaluate("phrase => { instrument.settings.phrase = phrase }", PHRASE)
    name, data = player.saved("MIDI")
    assert name == "organ.mid"
    file = mido.MidiFile(file=io.BytesIO(data))
    assert file.length == pytest.approx(2, abs=2e-3)
    now, found = 0.0, []
    for message in file:
        now += message.time
        if message.type in ("note_on", "note_off"):
            found.append((message.type, message.note, message.velocity, now))
    notes = [(60, 100), (60, 0), (64, 92), (64, 0)]
    assert [one[1:3] for one in found] == notes
    assert [one[3] for one in found] == pytest.approx([0, 0.5, 0.6, 0.8], abs=2e-3)


def test_the_sound_is_saved_as_an_sfz_instrument(player, tmp_path):
    """Its regions are those of the keys, each with a sample in tune that loops inside itself."""
    name, data = player.saved("SFZ with its WAVs")
    assert name == "organ.zip"
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert file.testzip() is None
        file.extractall(tmp_path)
    regions = read_sfz(tmp_path / "organ.sfz")
    assert [region.pitch for region in regions] == list(range(48, 73))
    text = (tmp_path / "organ.sfz").read_text(encoding="utf-8")
    loops = [tuple(map(int, loop)) for loop in re.findall(r"loop_start=(\d+) loop_end=(\d+)", text)]
    assert len(loops) == len(regions)
    for region, (start, end) in zip(regions, loops, strict=True):
        sound, rate = soundfile.read(region.sample)
        assert rate == RATE
        assert start < end < len(sound)
        assert abs(cents_beside(sound[RATE // 2 :], rate, region.pitch)) < 20
    assert re.search(r"lokey=0 hikey=48\b", text)
    assert re.search(r"lokey=72 hikey=127\b", text)


def test_ones_own_sound_is_heard_corrected_and_played(player):
    """A note 30 cents above F♯4: told so, and played by other keys and in another family."""
    player.unfold("Your own sound")
    before = player.note(64)
    sound = played_note(66.3, level=0.5, seconds=1.5)
    player.page.get_by_label("Sound file").set_input_files(wav(sound, RATE))
    player.says("Your sound is on the keys")
    heard = player.page.locator(".nn-own-found p").inner_text()
    cents = int(re.search(r"F♯4 \+(\d+) cents", heard)[1])
    assert cents == pytest.approx(30, abs=5)
    assert player.settings()["point"] == "own"
    own = player.note(64)
    assert abs(cents_beside(own[RATE // 2 : 2 * RATE], RATE, 64)) < 35
    assert np.abs(own - before).max() > 0.01
    vector = player.settings()["own"]
    player.choose("Its pitch is", "78")
    player.page.wait_for_function("own => instrument.settings.own !== own", arg=vector)
    corrected = player.settings()["own"]
    player.choose("Family", "string")
    assert (player.settings()["point"], player.settings()["own"]) == ("own", corrected)
    player.button("Back to the family").click()
    assert player.settings()["point"] == ""


def test_nothing_complains_and_nothing_leaves_the_site(site, window, opened):
    assert window.complaints == []
    assert window.strays(site) == []


@pytest.fixture
def with_microphone(launch, tmp_path) -> Iterator[Callable]:
    """``with_microphone(sound)``: a page of a browser whose microphone hears this sound again and again."""
    browsers = []

    def start(sound: np.ndarray):
        soundfile.write(tmp_path / "heard.wav", sound, 48_000, subtype="PCM_16")
        media = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
        browsers.append(launch(*media, f"--use-file-for-fake-audio-capture={tmp_path / 'heard.wav'}"))
        return browsers[-1].new_page()

    yield start
    for browser in browsers:
        browser.close()


def test_a_recorded_sound_is_played_and_the_page_opens_again_without_a_network(site, with_microphone):
    """The microphone hears A3 all the time; it is recorded, found, and played in tune, offline too by its link."""
    player = Player(with_microphone(played_note(57, level=0.5, seconds=6, rate=48_000)), f"{site}/{PAGE}")
    player.unfold("Your own sound")
    player.button("Record 4 s").click()
    player.says("Your sound is on the keys")
    assert re.search(r"A3 [+−]?\d cents", player.page.locator(".nn-own-found p").inner_text())
    own = player.note(60)
    assert abs(cents_beside(own[RATE // 2 : 2 * RATE], RATE, 60)) < 35
    link = player.link()
    player.page.wait_for_selector("#instrument[data-offline=kept]")
    player.page.context.set_offline(True)
    player.page.goto("about:blank")
    assert np.array_equal(Player(player.page, link).note(60), own)
