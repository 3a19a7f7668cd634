"""The instrument's page: played by mouse, fingers, letters and MIDI, on a telephone too, and where it cannot be."""

from collections.abc import Iterator

import pytest
from hand import violations
from instrument_player import PAGE, Player

# A MIDI keyboard whose messages are sent by the test.
MIDI = """
const input = { name: "Keys", onmidimessage: null };
navigator.requestMIDIAccess = async () => ({ inputs: new Map([["1", input]]), onstatechange: null });
window.sendMidi = (...data) => input.onmidimessage({ data: Uint8Array.from(data), timeStamp: performance.now() });
"""


@pytest.fixture(scope="module")
def window(visit):
    window = visit()
    window.page.add_init_script(MIDI)
    return window


def test_the_mouse_plays_and_its_place_tells_how_hard(player):
    for part in (0.3, 0.95):
        place = player.place("E4", part)
        player.page.mouse.move(**place)
        player.page.mouse.down()
        ((event, midi, velocity),) = player.told(1)
        assert (event, midi) == ("noteon", 64)
        assert velocity == pytest.approx(25 + 102 * part, abs=2)
        assert player.key("E4").get_attribute("class").count("nn-down") == 1
        player.page.mouse.up()
        assert player.told(1)[0][:2] == ["noteoff", 64]
    assert player.key("E4").get_attribute("class").count("nn-down") == 0


def test_letters_play_chords_but_not_into_lists(player):
    for letter in "qe":
        player.page.keyboard.down(letter)
    assert player.told(2) == [["noteon", 60, 100], ["noteon", 64, 100]]
    player.page.keyboard.down("q")  # the computer repeats a key that is held
    for letter in "eq":
        player.page.keyboard.up(letter)
    assert player.told(2) == [["noteoff", 64, 100], ["noteoff", 60, 100]]
    player.page.get_by_role("combobox", name="Family", exact=True).focus()
    player.page.keyboard.press("q")
    player.unfold("Settings")
    box = player.page.get_by_label("Letters play, wherever on this page the focus is")
    box.uncheck()
    player.page.keyboard.press("w")
    assert player.page.evaluate("told.length") == 0
    box.check()
    player.page.keyboard.press("w")
    assert player.told(1) == [["noteon", 62, 100]]


def test_the_piano_is_one_stop_and_its_keys_have_names(player):
    stops = player.page.locator(".nn-key[tabindex='0']")
    assert stops.count() == 1
    stops.focus()
    player.page.keyboard.press("ArrowRight")
    name = player.page.evaluate("document.activeElement.querySelector('.nn-key-name').textContent")
    player.page.keyboard.press(" ")
    event, midi, _ = player.told(1)[0]
    assert (event, name) == ("noteon", ["C", "C♯", "D", "D♯", "E", "F", "F♯"][midi - 60] + "4")
    assert stops.count() == 1


def test_every_control_has_a_name(player):
    for part in ("Shape the sound", "Morph to a second sound", "Settings"):
        player.unfold(part)
    sliders = {"Darker – brighter", "Hollower – fuller", "Breath", "Velocity curve", "Morph", "Velocity of letters"}
    for name in sliders:
        assert player.page.get_by_role("slider", name=name, exact=True).count() == 1, name
    for name in ("Family", "Begin from", "Second sound"):
        assert player.page.get_by_role("combobox", name=name, exact=True).count() == 1, name
    assert player.page.get_by_role("slider").count() == len(sliders) + 2  # and the pad's two


def test_the_octave_moves_keys_and_their_names(player):
    player.page.keyboard.press("=")
    player.page.get_by_text("C4 – C6", exact=True).wait_for()
    player.page.keyboard.press("q")
    assert player.told(1) == [["noteon", 72, 100]]
    assert player.page.get_by_role("group", name="Piano keys, C4 to C6").count() == 1
    player.button("An octave down (−)").click(click_count=3)
    player.page.get_by_text("C1 – C3", exact=True).wait_for()
    assert player.button("An octave down (−)").is_disabled()
    assert player.settings()["octave"] == -2


def test_the_sustain_button_holds_notes(player):
    player.button("Sustain").click()
    player.page.keyboard.press("q")
    assert player.told(1) == [["noteon", 60, 100]]
    player.page.keyboard.press("w")
    assert player.told(1) == [["noteon", 62, 100]]
    player.button("Sustain").click()
    assert sorted(player.told(2)) == [["noteoff", 60, 100], ["noteoff", 62, 100]]


def test_a_midi_keyboard_plays(player):
    """Notes, their velocities and the sustain pedal; a bend is not heard."""
    player.button("Connect a MIDI keyboard").click()
    player.says("Listening to Keys")

    def send(*data: int) -> None:
        player.page.evaluate("data => sendMidi(...data)", list(data))

    send(0x90, 60, 37)
    assert player.told(1) == [["noteon", 60, 37]]
    send(0x92, 60, 0)  # a note-on without velocity ends a note
    assert player.told(1) == [["noteoff", 60, 37]]
    send(0xB0, 64, 127)
    send(0x90, 62, 80)
    assert player.told(1) == [["noteon", 62, 80]]
    send(0x80, 62, 64)
    send(0xE0, 0, 64)
    assert player.page.evaluate("told.length") == 0
    send(0xB0, 64, 0)
    assert player.told(1) == [["noteoff", 62, 80]]


def test_undo_random_and_reset(player):
    start = player.settings()
    player.choose("Family", "brass")
    player.page.wait_for_function("!document.querySelector('.nn-ways button:nth-child(2)').disabled")
    area = player.page.locator(".nn-pad-area")
    box = area.bounding_box()
    area.click(position={"x": 0.75 * box["width"], "y": 0.25 * box["height"]})
    moved = player.settings()
    assert (moved["family"], moved["x"], moved["y"]) == ("brass", pytest.approx(1, abs=0.1), pytest.approx(1, abs=0.1))
    player.button("Random").click()
    assert any(player.settings()[name] != moved[name] for name in ("family", "x", "y", "u", "v"))
    player.button("Reset").click()
    assert player.settings() == start
    player.button("Undo").click()
    assert {**player.settings(), "x": 0, "y": 0} != start


def test_a_second_sound_is_kept_and_swapped(player):
    player.choose("Family", "brass")
    player.unfold("Morph to a second sound")
    player.button("Keep what plays now as the second").click()
    player.choose("Family", "string")
    player.slide("^Morph", 0.25)
    player.button("Swap both").click()
    now = player.settings()
    assert (now["family"], now["second"], now["morph"]) == ("brass", "family=string", 0.75)


def test_nothing_complains_and_nothing_leaves_the_site(site, window, opened):
    assert window.complaints == []
    assert window.strays(site) == []


@pytest.fixture(scope="module")
def telephone(site, chromium) -> Iterator[Player]:
    """The page on a telephone whose owner wants nothing to move."""
    view = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    context = chromium.new_context(**view, reduced_motion="reduce")
    yield Player(context.new_page(), f"{site}/{PAGE}")
    context.close()


def test_a_telephone_shows_pad_and_keys_at_once(telephone):
    """All in the first screen, white keys as wide as a finger, and nothing scrolls sideways."""
    page = telephone.page
    keys = [key.bounding_box() for key in page.locator(".nn-key:not(.nn-black)").all()]
    assert len(keys) == 15
    assert min(key["width"] for key in keys) >= 40
    assert max(key["y"] + key["height"] for key in keys) <= 844
    assert 0 < page.locator(".nn-pad-area").bounding_box()["y"] < keys[0]["y"]
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def touch(session, kind: str, *places: dict[str, float]) -> None:
    points = [{**place, "id": i} for i, place in enumerate(places)]
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_fingers_glide_over_the_keys(telephone):
    telephone.page.wait_for_function("[60, 62, 64].every((midi) => instrument.prepared().includes(midi))")
    session = telephone.page.context.new_cdp_session(telephone.page)
    first, second, third = (telephone.place(name) for name in ("C4", "D4", "E4"))
    touch(session, "touchStart", first)
    touch(session, "touchMove", second)
    touch(session, "touchMove", third)
    touch(session, "touchStart", third, first)
    touch(session, "touchEnd")
    told = [event[:2] for event in telephone.told(8)]
    assert [midi for event, midi in told if event == "noteon"] == [60, 62, 64, 60]
    assert sorted(midi for event, midi in told if event == "noteoff") == [60, 60, 62, 64]
    assert telephone.page.evaluate("scrollY") == 0


# Waits for twenty pictures of the screen.
FRAMES = """async () => {
  for (let n = 0; n < 20; n++) await new Promise((next) => requestAnimationFrame(next));
}"""


def test_pictures_stand_still_where_motion_is_not_wanted(telephone):
    """While a note sounds they stay as they were; after it they show it."""
    page = telephone.page
    page.wait_for_selector(".nn-live-view[data-state=still]")
    look = "document.querySelector('.nn-rolling').toDataURL()"
    before = page.evaluate(look)
    page.evaluate("instrument.noteOn(48, 100)")
    telephone.told(1)
    page.evaluate(FRAMES)
    assert page.evaluate(look) == before
    page.evaluate("instrument.noteOff(48)")
    page.wait_for_function(f"before => {look} !== before", arg=before)


def test_nonsense_in_a_link_is_told_and_the_rest_is_taken(telephone):
    telephone.page.evaluate("location.hash = 'family=kazoo&x=0.5&phrase=~~&colour=red'")
    telephone.says("kazoo.*colour")
    assert (telephone.settings()["family"], telephone.settings()["x"]) == ("organ", 0.5)


UNFOLD = "document.querySelectorAll('details.nn-folded').forEach((part) => { part.open = true })"


def test_axe_finds_no_fault_and_nothing_scrolls_sideways(telephone, player, window):
    for page, part in ((telephone.page, "html"), (player.page, "#instrument")):
        page.evaluate(UNFOLD)
        assert violations(page, part) == []
    assert window.overflow() <= 0
    assert telephone.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


@pytest.mark.parametrize("missing", ["WebAssembly", "AudioContext"])
def test_what_a_browser_lacks_is_told(site, visit, missing):
    page = visit().page
    page.add_init_script(f"Object.defineProperty(window, '{missing}', {{ value: undefined }})")
    page.goto(f"{site}/{PAGE}")
    page.wait_for_selector("#instrument[data-state=error]")
    words = page.locator(".nn-status").inner_text()
    assert {"WebAssembly": "WebAssembly", "AudioContext": "Web Audio"}[missing] in words


def test_without_scripts_the_page_says_what_to_do(site, chromium):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/{PAGE}")
    words = page.locator("#instrument").inner_text()
    assert all(word in words for word in ("JavaScript", "WebAssembly", "Web Audio", "make serve"))
    context.close()
