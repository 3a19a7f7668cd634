"""The atlas of errors: what stands behind its cells, where copies err, and how a reader gets at it."""

import base64
import io
import json

import numpy as np
import pytest
import soundfile
import torch
from explorer_pages import served_pages
from hand import violations
from helpers import rms, sine
from PIL import Image
from safetensors.torch import save_file

from nsynthlib.audio.excerpt import beginning
from nsynthlib.data import parse_name
from nsynthlib.errors import DataError
from nsynthlib.evaluation import by_family, common_spectrogram
from nsynthlib.evaluation.atlas import (
    BANDS,
    FRAMES,
    ORIGINAL,
    Atlas,
    atlas_cells,
    mp3,
    png,
    shown_notes,
    small_picture,
    where_it_errs,
)
from nsynthlib.evaluation.stored import ANote, Cell
from nsynthlib.models import PRETRAINED
from nsynthlib.widgets import error_atlas

NAMES = [f"organ_acoustic_00{i}-060-100" for i in range(4)] + [f"bass_acoustic_00{i}-040-075" for i in range(3)]


def evaluation(values):
    return {
        "sets": {"test": {"sha256": "0"}},
        "notes": {"test": {"names": NAMES, "model": {"rmse_db": values}}},
    }


def tone(hz, amplitude=0.2, seconds=4.0):
    sound = np.zeros(64_000, np.float32)
    part = sine(hz, amplitude, seconds)
    sound[: len(part)] = part
    return torch.from_numpy(sound)


def test_a_cell_holds_the_middle_and_the_worst_note_of_a_family():
    found = by_family(evaluation([3.0, 1.0, 4.0, 2.0, 5.0, None, 9.0]))
    assert found == {
        "bass": Cell(2, ANote(NAMES[4], 5.0), ANote(NAMES[6], 9.0)),
        "organ": Cell(4, ANote(NAMES[3], 2.0), ANote(NAMES[2], 4.0)),
    }
    assert shown_notes(list(found.values())) == sorted([NAMES[2], NAMES[3], NAMES[4], NAMES[6]])
    with pytest.raises(DataError, match="'ndb' is not kept"):
        by_family(evaluation([1.0] * 7), measure="ndb")


def test_the_part_with_the_error_is_named():
    """A copy without the upper one of two tones, and one that goes on when the note is over."""
    both = tone(440) + tone(3000)
    found = where_it_errs(both, tone(440))
    assert (found.low_hz, found.high_hz, found.part) == (2000, 4000, "middle")
    assert found.bias_db < 0
    assert found.share > 0.5
    late = tone(700, seconds=4.0)
    late[:48_000] = tone(700, seconds=3.0)[:48_000]
    found = where_it_errs(tone(700, seconds=3.0), late)
    assert (found.low_hz, found.high_hz, found.part) == (500, 1000, "end")
    assert found.bias_db > 0
    assert where_it_errs(both, both).share == 0


def test_shares_add_up_to_the_squared_error():
    """By its own arithmetic: no octave or part is left out or counted twice."""
    from nsynthlib.evaluation.atlas import PARTS, _octaves, _parts

    rows, columns = list(_octaves().values()), list(_parts().values())
    assert np.concatenate([np.arange(256)[part] for part in rows]).tolist() == list(range(256))
    assert np.concatenate([np.arange(126)[part] for part in columns]).tolist() == list(range(126))
    assert list(_parts()) == list(PARTS)


def test_pictures_are_the_common_spectrogram_made_smaller():
    sound = tone(440) + 0.01 * torch.randn(64_000, generator=torch.Generator().manual_seed(0))
    picture = small_picture(sound)
    assert picture.shape == (BANDS, FRAMES) == (128, 63)
    by_hand = common_spectrogram(sound).reshape(128, 2, 63, 2).mean((1, 3))
    assert np.abs(picture / 255 * 80 - 80 - by_hand.numpy()).max() < 0.17  # half of a step
    shown = np.array(Image.open(io.BytesIO(png(picture))))
    assert np.array_equal(shown, picture[::-1])  # low frequencies at the bottom


def test_sounds_are_as_loud_as_they_are():
    sound, rate = soundfile.read(io.BytesIO(mp3(beginning(tone(440)))), dtype="float32")
    assert (rate, len(sound)) == (16_000, pytest.approx(32_000, abs=2000))
    assert rms(sound[4000:24_000]) == pytest.approx(rms(tone(440)[4000:24_000]), rel=0.03)
    assert rms(sound[31_900:32_000]) < 0.1 * rms(sound[:20_000])


def test_an_atlas_is_read_as_it_was_written(tmp_path):
    made = atlas()
    made.save(tmp_path / "atlas.safetensors")
    assert Atlas.load(tmp_path / "atlas.safetensors") == made
    (tmp_path / "bad.safetensors").write_bytes(b"no atlas")
    save_file({"x": torch.zeros(3)}, tmp_path / "other.safetensors")
    for name in ("bad", "other", "absent"):
        with pytest.raises(DataError, match=r"holds no atlas of errors .* tools/keep_atlas.py"):
            Atlas.load(tmp_path / f"{name}.safetensors")


# --- on a page ----------------------------------------------------------------------------------------------------

MODELS = {"ae": "AE", "cvae": "CVAE"}
VALUES = {"ae": [3.0, 1.0, 4.0, 2.0, 5.0, 6.0, 9.0], "cvae": [2.5, 1.5, 3.5, 2.0, 7.0, 4.0, 8.0]}
WHERE = {"low_hz": 250, "high_hz": 500, "part": "middle", "share": 0.4, "bias_db": -3.0}


def atlas():
    """Every note a picture of one grey; the AE's copies are 20 dB softer, the CVAE's as the notes are."""
    greys = {ORIGINAL: 200, "ae": 200 - 64, "cvae": 200}
    pictures = {
        (model, name): png(np.full((BANDS, FRAMES), grey + i, np.uint8))
        for model, grey in greys.items()
        for i, name in enumerate(NAMES)
    }
    sounds = {key: mp3(beginning(tone(200 + 100 * i))) for i, key in enumerate(pictures)}
    return Atlas(pictures, sounds)


def made(some=None):
    cells = atlas_cells({model: evaluation(values) for model, values in VALUES.items()})
    errors = {model: dict.fromkeys(NAMES, WHERE) for model in MODELS}
    return error_atlas(cells, errors, some or atlas(), MODELS)


def test_the_widget_says_what_it_shows():
    widget = made()
    assert repr(widget) == "ErrorAtlas(2 families by AE, CVAE)"
    assert widget.families == ["bass", "organ"]
    assert [[cell["value"] for cell in row] for row in widget.cells] == [[6.0, 7.0], [2.0, 2.0]]
    note = widget.cells[0][0]["notes"][1]
    assert note["title"] == "Worst note: 9.0 dB"
    assert note["about"] == f"{NAMES[6]}: MIDI 40, velocity 75"
    assert note["where"] == (
        "It errs most from 250 to 500 Hz, while the key is down: 40% of the squared error lies there, "
        "on average 3.0 dB too soft."
    )


def test_an_atlas_of_other_evaluations_is_refused():
    some = atlas()
    pictures = {key: data for key, data in some.pictures.items() if key != ("cvae", NAMES[5])}
    with pytest.raises(DataError, match=rf"the atlas lacks {NAMES[4]} by CVAE; make it anew"):
        made(Atlas({k: v for k, v in pictures.items() if k != ("cvae", NAMES[4])}, some.sounds))


@pytest.fixture(scope="module")
def window(tmp_path_factory, visit):
    with served_pages(tmp_path_factory.mktemp("atlas"), {"atlas": made}) as address:
        some = visit(390)
        some.page.goto(f"{address}/atlas.html")
        some.address = address
        yield some


def shown(window, copies):
    """Whether both notes are painted, and the colours in the middle of every picture."""
    ready = """(copies) => {
      const notes = [...document.querySelectorAll('.nn-atlas-note')];
      return notes.length === copies.length && notes.every((note, i) => note.dataset.shown === copies[i]);
    }"""
    window.page.wait_for_function(ready, arg=copies)
    code = """(canvases) => canvases.map((canvas) => {
      const [x, y] = [canvas.width >> 1, canvas.height >> 1];
      return [...canvas.getContext('2d').getImageData(x, y, 1, 1).data];
    })"""
    return window.page.locator(".nn-atlas-canvas").evaluate_all(code)


def test_cells_are_chosen_by_keys_and_by_mouse(window):
    page = window.page
    colours = shown(window, [f"ae/{NAMES[5]}", f"ae/{NAMES[6]}"])  # the first cell is open
    assert colours[2][2] > colours[2][0]  # 20 dB too soft: blue
    page.locator(".nn-atlas-cell[aria-pressed=true]").focus()
    page.keyboard.press("ArrowRight")
    colours = shown(window, [f"cvae/{NAMES[4]}", f"cvae/{NAMES[6]}"])
    assert colours[2] == [255, 255, 255, 255]  # no error: white
    assert colours[0] == colours[1]
    assert page.locator(".nn-atlas [role=status]").inner_text() == "bass by CVAE: median 7.0 dB of 3 notes."
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")  # there is nothing below
    shown(window, [f"cvae/{NAMES[3]}", f"cvae/{NAMES[2]}"])
    focused = page.locator(".nn-atlas-cell:focus")
    assert focused.get_attribute("aria-label") == "organ, CVAE: 2.0 dB, 4 notes"
    page.get_by_role("button", name="bass, AE: 6.0 dB, 3 notes").click()
    shown(window, [f"ae/{NAMES[5]}", f"ae/{NAMES[6]}"])
    assert page.locator(".nn-atlas-cell[aria-pressed=true]").count() == 1
    assert page.locator(".nn-atlas-cell[tabindex='0']").count() == 1


def test_what_is_seen_can_be_heard(window):
    window.page.reload()
    shown(window, [f"ae/{NAMES[5]}", f"ae/{NAMES[6]}"])
    sources = window.page.locator(".nn-atlas audio").evaluate_all("players => players.map((one) => one.src)")
    widget = made()
    keys = [f"{who}/{name}" for name in (NAMES[5], NAMES[6]) for who in (ORIGINAL, "ae")]
    assert sources == [widget.sounds[key] for key in keys]
    kind, _, data = sources[1].partition(";base64,")
    assert kind == "data:audio/mpeg"
    assert base64.b64decode(data) == atlas().sounds["ae", NAMES[5]]
    labels = window.page.locator(".nn-atlas audio").evaluate_all("all => all.map((one) => one.ariaLabel)")
    assert labels[0] == "Median note: 6.0 dB, original"


def test_colours_of_errors_are_symmetrical(window):
    code = """async () => {
      const { errorColour, tint, step } = await import('/web/views/atlas.mjs');
      const steps = [step([0, 1], [-1, 0], 2, 2), step([0, 0], [1, 0], 2, 2)];
      return [[0, -20, 20, -99, 99].map(errorColour), tint([1, 2, 3], 0), ...steps];
    }"""
    colours, white, above, below = window.page.evaluate(code)
    assert colours == [[255] * 3, [0, 114, 178], [213, 94, 0], [0, 114, 178], [213, 94, 0]]
    assert (white, above, below) == ([255] * 3, [0, 1], [1, 0])


@pytest.mark.parametrize("width", [390, 1280])
def test_nobody_is_kept_out_of_the_atlas(window, visit, width):
    another = visit(width)
    another.page.goto(f"{window.address}/atlas.html")
    another.page.wait_for_selector(".nn-atlas-note[data-shown]")
    assert another.overflow() <= 0
    assert violations(another.page) == []
    assert another.complaints == []


# --- what is shipped ----------------------------------------------------------------------------------------------

FOLDER = PRETRAINED / "comparison"


def stored(path):
    return json.loads((PRETRAINED / path).read_text())


def test_the_shipped_atlas_is_of_the_shipped_evaluations():
    """Made again by tools/keep_atlas.py where weights or values have changed."""
    told, some = stored("comparison/atlas.json"), Atlas.load(FOLDER / "atlas.safetensors")
    evaluations = {model: stored(f"{model}/evaluation.json") for model in told["weights"]}
    assert {model: one["weights"] for model, one in evaluations.items()} == told["weights"]
    assert {one["sets"]["test"]["sha256"] for one in evaluations.values()} == {told["notes_sha256"]}
    evaluations["pca_48"] = stored("comparison/pca.json")["sizes"]["48"]
    for model, cells in atlas_cells(evaluations).items():
        for cell in cells.values():
            for note in (cell.median, cell.worst):
                assert {(ORIGINAL, note.name), (model, note.name)} <= some.pictures.keys() & some.sounds.keys()
                assert told["errors"][model][note.name]["rmse_db"] == pytest.approx(note.value, abs=0.02)
                assert "GPL" not in told["notes"][note.name]["licence"]
    size = sum(file.stat().st_size for file in FOLDER.iterdir())
    assert size < 3_000_000


def test_a_kept_picture_is_that_of_the_kept_sound():
    """The first two seconds, as far as MP3 keeps them: levels of the loud bins within 3 dB."""
    some = Atlas.load(FOLDER / "atlas.safetensors")
    name = next(name for model, name in some.pictures if model == ORIGINAL and parse_name(name).family == "organ")
    sound, _ = soundfile.read(io.BytesIO(some.sounds[ORIGINAL, name]), dtype="float32")
    padded = torch.zeros(64_000)
    padded[: min(len(sound), 64_000)] = torch.from_numpy(sound[:64_000])
    kept = np.array(Image.open(io.BytesIO(some.pictures[ORIGINAL, name])))[::-1].astype(float)[:, 4:24]
    again = small_picture(padded)[:, 4:24].astype(float)
    loud = kept > kept.max() - 60
    assert np.abs(kept - again)[loud].mean() * 80 / 255 < 3
