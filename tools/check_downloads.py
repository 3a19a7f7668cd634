"""Ask whether what readers download is still there, and still the same: NSynth's archives and the recorded notes.

    python tools/check_downloads.py

NSynth's test split is fetched, its checksum compared with the one in the package, and unpacked. Of the larger splits
only the size is asked for, because 24 GB a week would be too much. Of the recorded notes every repository is asked
for the commit that `recordings.json` names, which is a checksum of its files, and npm fetches and checks each package.
"""

import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import requests
from get_recordings import read_table, source_of
from sources import GITHUB, Source, fetch

from nsynthlib.data import download
from nsynthlib.data.downloading import ADDRESS, OFFICIAL
from nsynthlib.errors import DataError, UsageError

FETCHED = "test"  # the smallest split


def nsynth_faults(address: str = ADDRESS) -> Iterator[str]:
    """What is wrong with the official archives at ``address``, a line each."""
    for split in OFFICIAL:
        url = f"{address.rstrip('/')}/nsynth-{split}.jsonwav.tar.gz"
        try:
            answer = requests.head(url, timeout=60, allow_redirects=True)
            size = int(answer.headers.get("Content-Length", 0))
            print(f"{url}: {size / 1e9:.2f} GB", flush=True)
            if answer.status_code != 200 or not size:
                yield f"{url}: answers {answer.status_code} and tells a size of {size} bytes"
            elif split == FETCHED:
                with tempfile.TemporaryDirectory() as folder:
                    download(split, Path(folder), address)
        except requests.RequestException as error:
            yield f"{url}: cannot be reached ({type(error).__name__})"
        except DataError as error:
            yield str(error)


def recording_faults(sources: Iterable[Source], host: str = GITHUB) -> Iterator[str]:
    """What is wrong with the sources of recordings, a line each."""
    for source in sources:
        print(f"{source.name}@{source.at}", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            try:
                fetch(source, Path(folder), (), host)  # of a repository no file: the commit is enough
            except (DataError, UsageError) as error:
                yield str(error)


def main() -> int:
    instruments, _ = read_table()
    sources = dict.fromkeys(source_of(about) for about in instruments.values())
    faults = [*nsynth_faults(), *recording_faults(sources)]
    for fault in faults:
        print(fault, file=sys.stderr)
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
