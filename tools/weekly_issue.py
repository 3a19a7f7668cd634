"""Open one issue when the weekly run fails, and close it when it is green again; called by `weekly.yml`.

The environment tells each job's result (``RESULTS``, the JSON of GitHub's ``needs``) and the address of the run
(``RUN``). Issues are read and written by GitHub's program ``gh``, which finds its repository and its token itself.
"""

import json
import os
import subprocess
import sys
from typing import Any

LABEL = "weekly"
TITLE = "The weekly run failed"


def gh(*arguments: str) -> str:
    """What ``gh`` prints. If it fails, this program ends with what it says."""
    done = subprocess.run(["gh", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"gh {' '.join(arguments[:2])}: {done.stderr.strip() or 'failed'}")
    return done.stdout.strip()


def failed_jobs(results: dict[str, dict[str, Any]]) -> list[str]:
    """The jobs that did not succeed, sorted."""
    return sorted(name for name, job in results.items() if job["result"] != "success")


def report(failed: list[str], run: str) -> str:
    """Open, comment on or close the one issue; what was done is told."""
    listed = gh("issue", "list", "--label", LABEL, "--state", "open", "--json", "number", "--limit", "1")
    number = str(json.loads(listed)[0]["number"]) if json.loads(listed) else None
    told = f"Failed: {', '.join(failed)}.\n\n{run}"
    if not failed:
        if number is None:
            return "green, and no issue is open"
        gh("issue", "close", number, "--comment", f"Green again.\n\n{run}")
        return f"green again: issue {number} is closed"
    if number is not None:
        gh("issue", "comment", number, "--body", told)
        return f"still failing: told in issue {number}"
    gh("label", "create", LABEL, "--force", "--description", "Opened and closed by the weekly run")
    return "opened: " + gh("issue", "create", "--title", TITLE, "--label", LABEL, "--body", told)


if __name__ == "__main__":
    print(report(failed_jobs(json.loads(os.environ["RESULTS"])), os.environ["RUN"]))
