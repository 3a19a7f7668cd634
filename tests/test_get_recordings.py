"""Recorded notes from public places: from a repository and a package registry on this machine, by a made-up table."""

import csv
import io
import json
import os
import shutil
import subprocess
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import soundfile
from get_recordings import HERE, course, find, make, read_table, source_of
from helpers import played_note
from sources import Source, fetch

from nsynthlib import NSynth
from nsynthlib.data import FAMILIES, check, parse_name
from nsynthlib.data.doubts import LeftOut
from nsynthlib.data.screening import read_recording
from nsynthlib.errors import DataError

OBOE = {60: "c4_f_rr1.wav", 64: "e4_f_rr1.wav", 67: "g4_f_rr1.wav"}
LICENCE = "CC0 1.0"


def git(folder: Path, *arguments: object) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"]
    command = ["git", *identity, "-C", str(folder), *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


class GitServer:
    """Serves the bare repositories below a folder by git's own program, and counts what is asked for."""

    def __init__(self, root: Path) -> None:
        self.posts, self.asked = 0, []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                server.answer(self, root, b"")

            def do_POST(self):
                server.posts += 1
                server.answer(self, root, self.rfile.read(int(self.headers["Content-Length"])))

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.http.server_port}"

    def answer(self, handler, root: Path, body: bytes) -> None:
        path, _, query = handler.path.partition("?")
        self.asked.append(path)
        told = {"PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": handler.command}
        told |= {"GIT_PROJECT_ROOT": str(root), "GIT_HTTP_EXPORT_ALL": "1", "REMOTE_ADDR": "127.0.0.1"}
        told |= {"CONTENT_TYPE": handler.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body))}
        told |= {"HTTP_CONTENT_ENCODING": handler.headers.get("Content-Encoding", "")}
        told |= {"GIT_PROTOCOL": handler.headers.get("Git-Protocol", "")}
        done = subprocess.run(["git", "http-backend"], input=body, capture_output=True, env={**os.environ, **told})
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
        handler.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)
        handler.close_connection = True


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """Address and commit of `somebody/winds`: an oboe, takes of the same names by a flute, and much beside them."""
    if shutil.which("git") is None or subprocess.run(["git", "http-backend"], capture_output=True).returncode == 1:
        pytest.skip("git cannot serve repositories here")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    work, bare = tmp_path / "work", tmp_path / "served" / "somebody" / "winds"
    for folder in ("oboe", "flute"):
        (work / "Samples" / folder).mkdir(parents=True)
        for i, (pitch, name) in enumerate(OBOE.items()):
            seconds = 2.0 if folder == "oboe" else 1.1
            write_tone(work / "Samples" / folder / name, pitch, 0.3 + 0.1 * i, seconds)
    (work / "large.bin").write_bytes(np.random.default_rng(0).bytes(100_000))
    git(tmp_path, "init", "--quiet", work)
    git(work, "add", ".")
    git(work, "commit", "--quiet", "-m", "sounds")
    commit = git(work, "rev-parse", "HEAD")
    write_tone(work / "Samples" / "oboe" / OBOE[60], 70, 0.5, 1.05)
    git(work, "commit", "--quiet", "-a", "-m", "another sound under the same name")
    git(tmp_path, "clone", "--quiet", "--bare", work, bare)
    git(bare, "config", "uploadpack.allowFilter", "true")
    git(bare, "config", "uploadpack.allowAnySHA1InWant", "true")
    server = GitServer(tmp_path / "served")
    yield server, commit[:12]
    server.http.shutdown()
    server.http.server_close()


def write_tone(path: Path, pitch: int, level: float, seconds: float) -> None:
    tone = played_note(pitch, level, seconds, 44_100)
    soundfile.write(path, np.stack([tone, tone], 1), 44_100)


def write_table(place: Path, sounds: Path, commit: str, **more: str) -> Path:
    """A table of the oboe's notes, with what is measured of the files in `sounds`."""
    name = "reed_acoustic_900"
    about = {"instrument": 2900, "set": "train", "title": "oboe", "repository": "somebody/winds", "at": commit}
    about |= {"origin": f"somebody/winds@{commit}", "licence": LICENCE, **more}
    place.mkdir()
    (place / "recordings.json").write_text(json.dumps({name: about}))
    notes = {pitch: read_recording(sounds / file) for pitch, file in OBOE.items()}
    gain = 10 ** (-1.5 / 20) / max(np.abs(audio).max() for audio in notes.values())
    with (place / "recordings.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["number", "note", "file", "peak", "levels", "sha256"])
        for i, (pitch, audio) in enumerate(notes.items()):
            peak = 20 * np.log10(gain * np.abs(audio).max())
            levels = " ".join(map(str, course(audio)))
            table.writerow([400_000 + i, f"{name}-{pitch:03d}-100", OBOE[pitch], f"{peak:.1f}", levels, ""])
    return place


def set_back(tmp_path: Path) -> Path:
    """The folder of sounds as they were at the first commit."""
    git(tmp_path / "work", "checkout", "--quiet", "HEAD~1", "--", "Samples")
    return tmp_path / "work" / "Samples"


def test_notes_come_from_a_repository_at_its_commit(repository, tmp_path, capsys):
    """By its short name, from among files of the same names; a later commit changes nothing."""
    server, commit = repository
    table = write_table(tmp_path / "table", set_back(tmp_path) / "oboe", commit)
    assert make(tmp_path / "out", tmp_path / "sources", server.address, table=table) == {"train": 3}
    notes = NSynth(tmp_path / "out" / "train")
    labels = [(note.pitch, note.velocity, note.family) for note in notes]
    assert labels == [(60, 100, "reed"), (64, 100, "reed"), (67, 100, "reed")]
    entries = json.loads((tmp_path / "out" / "train" / "examples.json").read_text())
    assert [(entry["note"], entry["file"], entry["licence"]) for entry in entries.values()] == [
        (400_000 + i, file, LICENCE) for i, file in enumerate(OBOE.values())
    ]
    for note, level in zip(notes, (0.3, 0.4, 0.5), strict=True):
        assert float(note.audio.abs().max()) == pytest.approx(10 ** (-1.5 / 20) * level / 0.5, rel=0.01)
        assert float(note.audio[28_000:31_000].abs().max()) > 0.1  # the oboe's two seconds, not the flute's one
    assert list(check(tmp_path / "out" / "train")) == []
    assert "taken, though" not in capsys.readouterr().err


def test_only_what_is_wanted_is_sent_and_at_once(repository, tmp_path):
    server, commit = repository
    source = Source("somebody/winds", commit, "git")
    folder = fetch(source, tmp_path / "sources", set(OBOE.values()), server.address)
    assert sorted(path.name for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts) == sorted(
        [*OBOE.values()] * 2
    )
    missing = git(folder, "rev-list", "--objects", "--missing=print", commit)
    assert "?" in missing  # the large file's content
    posts = server.posts
    assert posts <= 6
    assert fetch(source, tmp_path / "sources", set(OBOE.values()), "http://127.0.0.1:9") == folder
    assert server.posts == posts


def test_a_folder_filled_by_hand_needs_no_network(repository, tmp_path):
    _, commit = repository
    table = write_table(tmp_path / "table", set_back(tmp_path) / "oboe", commit)
    shutil.copytree(tmp_path / "work" / "Samples", tmp_path / "sources" / f"somebody.winds@{commit}" / "any" / "where")
    assert make(tmp_path / "out", tmp_path / "sources", "http://127.0.0.1:9", table=table) == {"train": 3}


def test_another_recording_under_the_same_name_is_left_out(repository, tmp_path, capsys):
    """At the later commit the lowest note is another, and no longer as long."""
    server, _ = repository
    later = git(tmp_path / "work", "rev-parse", "HEAD")
    table = write_table(tmp_path / "table", set_back(tmp_path) / "oboe", later, folder="oboe")
    assert make(tmp_path / "out", tmp_path / "sources", server.address, table=table) == {"train": 2}
    assert (
        f"another recording than the table's: 1 file: {OBOE[60]} (reed_acoustic_900-060-100)" in capsys.readouterr().err
    )


def test_a_wrong_pitch_or_level_is_told(repository, tmp_path, capsys):
    server, commit = repository
    sounds = set_back(tmp_path) / "oboe"
    table = write_table(tmp_path / "table", sounds, commit)
    rows = (table / "recordings.csv").read_text().replace("-064-100", "-065-100").splitlines()
    rows[1] = rows[1].replace(",-5.9,", ",-9.9,")
    (table / "recordings.csv").write_text("\n".join(rows))
    assert make(tmp_path / "out", tmp_path / "sources", server.address, table=table) == {"train": 3}
    told = capsys.readouterr().err
    assert f"another pitch is heard than the table's: 1 file: {OBOE[64]}" in told
    assert f"its level is not the table's: 1 file: {OBOE[60]} (reed_acoustic_900-060-100, +4.0 dB)" in told


@pytest.mark.parametrize("wrong", ["repository", "commit", "server"])
def test_what_cannot_be_fetched_is_one_line_and_leaves_nothing(repository, tmp_path, wrong):
    server, commit = repository
    sounds = set_back(tmp_path) / "oboe"
    more = {"repository": "somebody/else"} if wrong == "repository" else {"at": "0" * 12} if wrong == "commit" else {}
    table = write_table(tmp_path / "table", sounds, commit, **more)
    host = "http://127.0.0.1:9" if wrong == "server" else server.address
    with pytest.raises(
        DataError, match=r"cannot be fetched \(.*\)\. Run the same again, or add --without-missing"
    ) as error:
        make(tmp_path / "out", tmp_path / "sources", host, table=table)
    assert len(str(error.value).splitlines()) == 1
    assert not (tmp_path / "out").exists()
    assert list((tmp_path / "sources").iterdir()) == []


def test_notes_come_from_a_package(tmp_path, monkeypatch):
    """npm fetches and checks it, from a registry on this machine."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    tone = tmp_path / "C4.wav"
    write_tone(tone, 60, 0.5, 1.5)
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        tar.add(tone, "package/C4.wav")
        manifest = b'{"name": "oboe-wav", "version": "1.0.0"}'
        member = tarfile.TarInfo("package/package.json")
        member.size = len(manifest)
        tar.addfile(member, io.BytesIO(manifest))

    class Registry(BaseHTTPRequestHandler):
        def do_GET(self):
            here = f"http://127.0.0.1:{self.server.server_port}"
            version = {"name": "oboe-wav", "version": "1.0.0", "dist": {"tarball": f"{here}/oboe-wav.tgz"}}
            about = {"name": "oboe-wav", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}}
            content = archive.getvalue() if self.path.endswith(".tgz") else json.dumps(about).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Registry) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("npm_config_registry", f"http://127.0.0.1:{http.server_port}")
        monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
        folder = fetch(Source("oboe-wav", "1.0.0", "npm"), tmp_path / "sources", {"C4.wav"})
        http.shutdown()
    assert (folder / "package" / "C4.wav").read_bytes() == tone.read_bytes()
    assert sorted(path.name for path in folder.iterdir()) == ["package"]


# --- the table --------------------------------------------------------------------------------------------------


def test_the_table_is_small_and_whole():
    instruments, rows = read_table()
    assert sum((HERE / f"recordings.{kind}").stat().st_size for kind in ("csv", "json")) < 600_000
    assert instruments.keys() == rows.keys()
    assert (len(instruments), sum(map(len, rows.values()))) == (84, 3203)
    assert {about["set"] for about in instruments.values()} == {"train", "test"}
    assert all(about["licence"] and source_of(about).at for about in instruments.values())
    numbers = [row.number for own in rows.values() for row in own]
    assert len(set(numbers)) == len(numbers)
    for name, own in rows.items():
        assert len({row.note for row in own}) == len(own)
        assert max(row.peak for row in own) == pytest.approx(-1.5, abs=0.1)
        assert parse_name(own[0].note).family in FAMILIES
        assert all(parse_name(row.note).instrument == name for row in own)
        assert all(len(row.sha256) == (64 if source_of(instruments[name]).kind == "npm" else 0) for row in own)


def test_the_table_tells_what_is_heard_in_the_recordings(recordings_folder):
    """A note of every instrument: its level, its course of levels, its file and its licence."""
    instruments, rows = read_table()
    entries = {part: json.loads((recordings_folder / part / "examples.json").read_text()) for part in ("train", "test")}
    for name, about in instruments.items():
        row, entry = rows[name][0], entries[about["set"]][rows[name][0].note]
        assert (entry["note"], entry["file"], entry["instrument"]) == (row.number, row.file, about["instrument"])
        assert (entry["origin"], entry["licence"]) == (about["origin"], about["licence"])
        path = recordings_folder / about["set"] / "audio" / f"{row.note}.flac"
        assert course(soundfile.read(path)[0]) == row.levels
        found = find(row, about, {row.file: [path]}) if not row.sha256 else None
        assert not isinstance(found, LeftOut), found
