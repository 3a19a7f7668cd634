"""The workflows: actionlint finds nothing, actions are pinned, rights are the least, and a fork need not edit them."""

import re
import subprocess

import pytest
import yaml
from helpers import NODE, ROOT

LINTER = ROOT / "node_modules" / "@tktco" / "node-actionlint" / "bin" / "node-actionlint.js"
FOLDER = ROOT / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))
# What a job may write, and why: the weekly run's issue, the deployment of the pages, the branch of written notebooks.
WRITES = {
    ("weekly.yml", "alarm"): {"issues"},
    ("pages.yml", "deploy"): {"pages", "id-token"},
    ("pages.yml", "notebooks"): {"contents"},
}


def lint(pattern) -> subprocess.CompletedProcess[str]:
    return subprocess.run([NODE, LINTER, pattern], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(params=FILES, ids=lambda path: path.name)
def workflow(request):
    """A file's name, its text and its content."""
    text = request.param.read_text(encoding="utf-8")
    return request.param.name, text, yaml.safe_load(text)


def test_actionlint_finds_nothing():
    done = lint(".github/workflows/*.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Checking {len(FILES)} workflow file(s)" in done.stdout


WRONG = {
    "runs-on: ubuntu-latest": "runs-on: ubuntu-oldest",
    "needs: [links": "needs: [lynx",
    "toJSON(needs)": "needs(",
}


def test_actionlint_finds_what_is_wrong(tmp_path):
    text = (FOLDER / "weekly.yml").read_text(encoding="utf-8")
    for number, (right, wrong) in enumerate(WRONG.items()):
        assert right in text
        (tmp_path / f"{number}.yml").write_text(text.replace(right, wrong, 1), encoding="utf-8")
    done = lint(str(tmp_path / "*.yml"))
    assert done.returncode == 1
    assert [number for number in range(len(WRONG)) if f"{number}.yml" not in done.stdout] == []


def test_actions_are_pinned_to_a_major_version_and_to_one(workflow):
    _, text, _ = workflow
    used = re.findall(r"uses: (\S+)", text)
    assert used
    assert [action for action in used if not re.fullmatch(r"actions/[\w-]+@v\d+", action)] == []
    everywhere = {action for path in FILES for action in re.findall(r"uses: (\S+)", path.read_text(encoding="utf-8"))}
    assert len({action.partition("@")[0] for action in everywhere}) == len(everywhere)


def test_rights_are_the_least(workflow):
    name, _, content = workflow
    assert content["permissions"] in ({}, {"contents": "read"})
    for job, about in content["jobs"].items():
        rights = about.get("permissions", {})
        assert isinstance(rights, dict), f"{job}: {rights}"
        assert {right for right, how in rights.items() if how == "write"} == WRITES.get((name, job), set())


def test_every_job_ends_and_no_repository_is_named(workflow):
    _, text, content = workflow
    assert not re.search(r"github\.com/|neural-notes/|\.github\.io", text)
    for about in content["jobs"].values():
        assert about["timeout-minutes"] <= 90


def test_what_is_called_is_there(workflow):
    """Targets of the Makefile, programs of the repository, and the jobs that the alarm waits for."""
    name, text, content = workflow
    rules = (ROOT / "Makefile").read_text(encoding="utf-8")
    parts = [part for job in content["jobs"].values() for part in job.get("strategy", {}).get("matrix", {}).values()]
    called = {target for part in parts if isinstance(part, list) for entry in part for target in str(entry).split()}
    called = {target for target in called if target.startswith(("test-", "lint", "types"))}
    called |= set(re.findall(r"run: make ([\w-]+)$", text, re.M))
    called |= {
        f"exit-{to}" for to in content["jobs"].get("exits", {}).get("strategy", {}).get("matrix", {}).get("to", [])
    }
    assert [target for target in called if not re.search(rf"^{target}:", rules, re.M)] == []
    assert [path for path in re.findall(r"(?:tools/[\w.]+|\.ci/\w+)", text) if not (ROOT / path).exists()] == []
    if name == "weekly.yml":
        assert set(content["jobs"]["alarm"]["needs"]) == set(content["jobs"]) - {"alarm", "exits"}
        assert content["jobs"]["exits"]["continue-on-error"] is True
