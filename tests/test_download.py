"""Downloads from a server on this machine: resumed, checked, unpacked safely, and nothing half done left behind."""

import hashlib
import io
import signal
import subprocess
import sys
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from helpers import noise_notes

from nsynthlib.data import NSynth, download, downloading, write_notes
from nsynthlib.data.downloading import CHUNK
from nsynthlib.errors import DataError, UsageError

NAME = "/nsynth-test.jsonwav.tar.gz"


@pytest.fixture
def folder(tmp_path):
    out = tmp_path / "source" / "nsynth-test"
    write_notes(out, noise_notes(["organ_synthetic_000"], (50, 60, 70)))
    return out


def archive_of(folder, extra=()):
    """A gzipped tar of `folder`, and members that only an attacker would add."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        tar.add(folder, folder.name)
        for member in extra:
            tar.addfile(member, io.BytesIO(b"x" * member.size))
    return content.getvalue()


class Server:
    """Serves one archive; `breaks` says after how many bytes each connection in turn is cut, `None` for never.

    `stalls` connections are not cut there, but send nothing more until `close()`; `lie` is added to each length told.
    """

    def __init__(self, content, breaks=(), resumes=True, stalls=0, lie=0):
        self.content, self.breaks, self.resumes, self.asked = content, list(breaks), resumes, []
        self.stalls, self.lie, self.stalled, self.closed = stalls, lie, threading.Event(), threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                server.answer(self)

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.http.server_port}/"

    def answer(self, handler):
        asked = handler.headers.get("Range")
        self.asked.append(asked)
        if handler.path != NAME:
            handler.send_error(404)
            return
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.resumes else 0
        if asked and start >= len(self.content):
            handler.send_response(416)
            handler.send_header("Content-Range", f"bytes */{len(self.content)}")
            handler.end_headers()
            return
        handler.send_response(206 if asked and self.resumes else 200)
        handler.send_header("Content-Length", str(len(self.content) - start + self.lie))
        handler.end_headers()
        end = self.breaks.pop(0) if self.breaks else None
        handler.wfile.write(self.content[start:] if end is None else self.content[start : start + end])
        if self.stalls:
            self.stalls -= 1
            handler.wfile.flush()
            self.stalled.set()
            self.closed.wait()
        handler.close_connection = True

    def close(self):
        self.closed.set()
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def serve(monkeypatch, folder):
    """Starts a server whose archive counts as the official test split."""
    started = []
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    def start(content=None, checksum=None, notes=3, **how):
        content = archive_of(folder) if content is None else content
        digest = checksum or "sha256:" + hashlib.sha256(content).hexdigest()
        monkeypatch.setitem(downloading.OFFICIAL, "test", downloading.Split(notes, digest))
        started.append(Server(content, **how))
        return started[-1]

    yield start
    for server in started:
        server.close()


def names(path):
    return sorted(p.name for p in path.iterdir()) if path.exists() else []


def test_a_split_is_fetched_once(serve, folder, tmp_path):
    server = serve()
    out = tmp_path / "new folder"
    notes = download("test", out, server.address)
    assert [n.name for n in notes] == [n.name for n in NSynth(folder)]
    assert (notes[0].samples == NSynth(folder)[0].samples).all()
    assert names(out) == ["nsynth-test"]  # neither archive nor partial files
    assert download("test", out, server.address) == notes
    assert server.asked == [None]


def test_a_broken_connection_goes_on_where_it_stopped(serve, tmp_path):
    server = serve(breaks=[2 * CHUNK, 0, CHUNK])
    assert len(download("test", tmp_path / "out", server.address)) == 3
    assert server.asked == [None, *(f"bytes={n * CHUNK}-" for n in (2, 2, 3))]
    assert names(tmp_path / "out") == ["nsynth-test"]


def test_a_server_that_cannot_resume_starts_again(serve, tmp_path):
    server = serve(breaks=[CHUNK], resumes=False)
    assert len(download("test", tmp_path / "out", server.address)) == 3


def test_a_download_that_gave_up_goes_on_the_next_time(serve, tmp_path):
    server = serve(breaks=[CHUNK] * downloading.ATTEMPTS)
    out = tmp_path / "out"
    with pytest.raises(DataError, match=r"cannot be fetched .* run the same again to go on where it stopped"):
        download("test", out, server.address)
    assert names(out) == ["nsynth-test.jsonwav.tar.gz.part"]
    assert len(download("test", out, server.address)) == 3
    assert server.asked[-1] == f"bytes={CHUNK * downloading.ATTEMPTS}-"


def test_another_archive_is_refused(serve, tmp_path):
    server = serve(checksum="md5:" + "0" * 32)
    with pytest.raises(DataError, match="is not the official archive"):
        download("test", tmp_path / "out", server.address)
    assert names(tmp_path / "out") == []


def test_no_server_is_one_line(serve, tmp_path):
    server = serve()
    server.http.shutdown()
    server.http.server_close()
    with pytest.raises(DataError, match=r"nsynth-test\.jsonwav\.tar\.gz: cannot be fetched"):
        download("test", tmp_path / "out", server.address)
    server = serve()
    with pytest.raises(DataError, match="cannot be fetched"):
        download("test", tmp_path / "out", server.address + "elsewhere")


def escaping():
    up = tarfile.TarInfo("../escaped.txt")
    up.size = 4
    return up


def absolute():
    member = tarfile.TarInfo("nsynth-test/link")
    member.type, member.linkname = tarfile.SYMTYPE, "/etc"
    return member


@pytest.mark.parametrize("member", [escaping, absolute])
@pytest.mark.fault("a tar with ../", kept="The archive, to be looked at; nothing of it is unpacked, here or elsewhere.")
def test_no_member_leaves_the_folder(serve, folder, tmp_path, member, shown):
    server = serve(archive_of(folder, [member()]))
    out = tmp_path / "out"
    with pytest.raises(DataError, match="cannot be unpacked") as error:
        download("test", out, server.address)
    shown(str(error.value))
    assert not (tmp_path / "escaped.txt").exists()
    assert names(out) == ["nsynth-test.jsonwav.tar.gz"]


def test_an_archive_with_too_few_notes_is_refused(serve, tmp_path):
    server = serve(notes=4)
    with pytest.raises(DataError, match="holds 3 entries and 3 sounds, not 4"):
        download("test", tmp_path / "out", server.address)
    assert "nsynth-test" not in names(tmp_path / "out")


@pytest.mark.fault("a download that stalls", kept="What has come: the same command goes on from there.")
def test_a_download_that_stalls_gives_up_and_goes_on_the_next_time(serve, tmp_path, monkeypatch, shown):
    """Connections that stay open and send nothing more; half a second stands for the minute."""
    monkeypatch.setattr(downloading, "STALL_SECONDS", 0.5)
    server = serve(breaks=[CHUNK] + [0] * (downloading.ATTEMPTS - 1), stalls=downloading.ATTEMPTS)
    out = tmp_path / "out"
    with pytest.raises(DataError, match=r"cannot be fetched \(for 0\.5 seconds nothing came\); run the same") as error:
        download("test", out, server.address)
    shown(str(error.value).replace("0.5", "60"))
    assert (out / f"{NAME[1:]}.part").stat().st_size == CHUNK
    assert len(download("test", out, server.address)) == 3
    assert server.asked == [None] + [f"bytes={CHUNK}-"] * downloading.ATTEMPTS


@pytest.mark.fault("a download that lies about its length", kept="Nothing wrong: the sum of the archive is compared.")
def test_a_server_that_announces_too_little_is_found_out(serve, tmp_path, shown):
    """The archive seems whole and is not."""
    server = serve(lie=-100)
    with pytest.raises(DataError, match="is not the official archive") as error:
        download("test", tmp_path / "out", server.address)
    shown(str(error.value))
    assert names(tmp_path / "out") == []


@pytest.mark.fault(
    "a download that lies about its length", kept="What has come: it is asked for more, and then is whole."
)
def test_a_server_that_announces_too_much_is_asked_again(serve, tmp_path):
    server = serve(lie=100)
    assert len(download("test", tmp_path / "out", server.address)) == 3
    assert server.asked[0] is None
    assert set(server.asked[1:]) == {f"bytes={len(server.content)}-"}
    assert names(tmp_path / "out") == ["nsynth-test"]


FETCH = """
import sys
from pathlib import Path
from nsynthlib.data import downloading
downloading.OFFICIAL["test"] = downloading.Split(3, sys.argv[3])
downloading.download("test", Path(sys.argv[1]), sys.argv[2])
"""


@pytest.mark.fault("SIGKILL", kept="What has come of a download: the same command goes on from there.")
def test_a_killed_download_is_gone_on_with(serve, tmp_path):
    server = serve(breaks=[2 * CHUNK], stalls=1)
    out, checksum = tmp_path / "out", downloading.OFFICIAL["test"].checksum
    command = [sys.executable, "-c", FETCH, str(out), server.address, checksum]
    with subprocess.Popen(command) as fetching:
        assert server.stalled.wait(120)
        part = out / f"{NAME[1:]}.part"
        while not part.exists() or part.stat().st_size < 2 * CHUNK:
            assert fetching.poll() is None
        fetching.send_signal(signal.SIGKILL)
    assert len(download("test", out, server.address)) == 3
    assert server.asked == [None, f"bytes={2 * CHUNK}-"]


def test_a_full_disk_is_told_first(serve, tmp_path, disk_with):
    server = serve()
    disk_with(300_000)
    with pytest.raises(DataError, match=r"the archive and its notes needs .* GB are free; make room"):
        download("test", tmp_path / "out", server.address)
    assert names(tmp_path / "out") == []


def test_an_unknown_split_is_refused(tmp_path):
    with pytest.raises(UsageError, match="split 'tests' is unknown; choose one of train, valid, test"):
        download("tests", tmp_path)
