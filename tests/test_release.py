"""A release: one version everywhere, and a wheel that holds all that the package reads."""

import pytest
from helpers import ROOT
from release import NEEDED, VERSION, missing, version_faults


def test_the_version_stands_everywhere():
    assert version_faults() == []


@pytest.mark.parametrize(
    ("name", "said"), [("CITATION.cff", f"version: {VERSION}"), ("CHANGELOG.md", f"## [{VERSION}]")]
)
def test_another_version_is_named(tmp_path, name, said):
    for file in ("CITATION.cff", "CHANGELOG.md"):
        (tmp_path / file).write_text((ROOT / file).read_text(encoding="utf-8"), encoding="utf-8")
    text = (tmp_path / name).read_text(encoding="utf-8")
    assert text.count(said) == 1
    (tmp_path / name).write_text(text.replace(said, said.replace(VERSION, f"{VERSION}1")), encoding="utf-8")
    (fault,) = version_faults(tmp_path)
    assert fault.startswith(f"{name}: ")
    assert VERSION in fault


def test_what_a_wheel_lacks_is_named(tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.whl", "w") as wheel:
        for name in NEEDED[1:]:
            wheel.writestr(f"nsynthlib/{name}", "")
    assert missing(tmp_path / "a.whl") == [NEEDED[0]]
    assert [name for name in NEEDED if not (ROOT / "nsynthlib" / name).is_file()] == []
