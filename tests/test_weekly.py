"""What the weekly run does beside the tests: its issue, the downloads it asks for, the tests it picks."""

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from check_downloads import nsynth_faults, recording_faults
from helpers import ROOT
from package_tests import package_tests
from sources import Source

# A `gh` that keeps its issues in a file, and writes down what it was asked.
GH = """#!{python}
import json, pathlib, sys
place = pathlib.Path(__file__).with_name("issues.json")
asked = pathlib.Path(__file__).with_name("asked.txt")
issues = json.loads(place.read_text()) if place.exists() else []
what, rest = sys.argv[1:3], sys.argv[3:]
option = lambda name: rest[rest.index(name) + 1]
with asked.open("a") as file:
    print(*what, file=file)
if what == ["issue", "list"]:
    found = [i for i in issues if i["label"] == option("--label")]
    found = [i for i in found if i["open"]] if option("--state") == "open" else found
    print(json.dumps([{{"number": i["number"]}} for i in found][: int(option("--limit"))]))
elif what == ["issue", "create"]:
    issues.append(dict(number=len(issues) + 7, open=True, label=option("--label"), said=[option("--body")]))
    print("issue", issues[-1]["number"])
elif what[0] == "issue":
    (issue,) = [i for i in issues if i["number"] == int(rest[0])]
    issue["said"].append(option("--comment" if what[1] == "close" else "--body"))
    issue["open"] = what[1] != "close"
elif what != ["label", "create"]:
    sys.exit("unknown command")
place.write_text(json.dumps(issues))
"""


@pytest.fixture
def week(tmp_path):
    """``week(links="failure")`` is one run's end; it gives all issues and what was printed."""
    program = tmp_path / "gh"
    program.write_text(GH.format(python=sys.executable))
    program.chmod(0o755)

    def end(run: str, **results: str):
        told = {name: {"result": result, "outputs": {}} for name, result in results.items()}
        environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "RESULTS": json.dumps(told), "RUN": run}
        command = [sys.executable, ROOT / "tools" / "weekly_issue.py"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        place = tmp_path / "issues.json"
        return (json.loads(place.read_text()) if place.exists() else []), done

    return end


def test_one_issue_is_opened_told_and_closed(week):
    issues, _ = week("run/1", links="success", package="success")
    assert issues == []
    issues, done = week("run/2", links="failure", package="success", colab="cancelled")
    assert done.returncode == 0, done.stderr
    assert [(issue["open"], issue["label"]) for issue in issues] == [(True, "weekly")]
    assert issues[0]["said"] == ["Failed: colab, links.\n\nrun/2"]
    issues, _ = week("run/3", links="failure", package="success", colab="success")
    assert len(issues) == 1
    assert issues[0]["said"][1] == "Failed: links.\n\nrun/3"
    issues, _ = week("run/4", links="success", package="success", colab="success")
    assert (len(issues), issues[0]["open"], issues[0]["said"][2]) == (1, False, "Green again.\n\nrun/4")
    issues, _ = week("run/5", links="failure")
    assert [issue["open"] for issue in issues] == [False, True]


def test_a_gh_that_fails_is_told_in_one_line(week, tmp_path):
    (tmp_path / "gh").write_text(f"#!{sys.executable}\nimport sys\nsys.exit('no token')\n")
    _, done = week("run/1", links="failure")
    assert (done.returncode, done.stderr) == (1, "gh issue list: no token\n")


@pytest.fixture
def archives():
    """A server that holds the larger archives, or tells so, and no test split."""

    class Answer(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.send_response(404 if "test" in self.path else 200)
            self.send_header("Content-Length", "0" if "valid" in self.path else "123")
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_archives_that_are_gone_or_empty_are_named(archives, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    missing, gone = nsynth_faults(archives)
    assert missing == f"{archives}nsynth-valid.jsonwav.tar.gz: answers 200 and tells a size of 0 bytes"
    assert gone.startswith(f"{archives}nsynth-test.jsonwav.tar.gz: answers 404")


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org"]
    command = ["git", "-C", str(folder), *who, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_a_commit_that_is_gone_is_named(tmp_path):
    work = tmp_path / "somebody" / "winds"
    work.mkdir(parents=True)
    (work / "C4.wav").write_text("a note")
    git(work, "init", "--quiet")
    git(work, "add", ".")
    git(work, "commit", "--quiet", "-m", "a note")
    commit = git(work, "rev-parse", "HEAD")
    sources = [Source("somebody/winds", at, "git") for at in (commit, "f" * 40)]
    (fault,) = recording_faults(sources, str(tmp_path))
    assert "f" * 40 in fault
    assert "cannot be fetched" in fault
    assert list(recording_faults([Source("somebody/strings", commit, "git")], str(tmp_path)))


def test_the_package_is_tested_alone():
    names = {path.stem for path in package_tests()}
    assert {"test_cli", "test_data", "test_models", "test_spectral", "test_training"} <= names
    assert not {"test_chapters", "test_engine", "test_export", "test_explorers", "test_site", "test_weekly"} & names
