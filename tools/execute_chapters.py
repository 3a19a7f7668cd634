"""Run the chapters, a process each, into the cache that the book's build reads: ``python tools/execute_chapters.py``.

The build would run one after the other. What has not changed since it was last run is not run again.
"""

import logging
import sys
from pathlib import Path

from jupyter_cache import get_cache
from jupyter_cache.executors import load_executor

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / "_build" / ".jupyter_cache"
TIMEOUT = 1800  # seconds a cell may take: a busy machine is slow, not wrong


def main() -> None:
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    cache = get_cache(CACHE)
    for path in sorted((ROOT / "chapters").glob("*.ipynb"), reverse=True):  # later ones take longer: they begin first
        cache.add_nb_to_project(str(path))
    log = logging.getLogger("chapters")
    log.setLevel(logging.INFO)
    result = load_executor("local-parallel", cache, log).run_and_cache(timeout=TIMEOUT)
    for uri in (*result.excepted, *result.errored):
        print(f"{uri}:\n{cache.get_project_record(uri).traceback or 'it could not be run'}", file=sys.stderr)
    for record in cache.list_cache_records():
        print(f"{Path(record.uri).stem:16} {record.data.get('execution_seconds', 0):4.0f} s")
    if result.excepted or result.errored:
        sys.exit(1)


if __name__ == "__main__":
    main()
