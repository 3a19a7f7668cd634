"""NSynth's official splits: fetched, resumed, checked and unpacked so that nothing half done looks whole."""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from nsynthlib.data.sets import NSynth
from nsynthlib.data.sound_files import is_sound, visible_files
from nsynthlib.errors import DataError, UsageError
from nsynthlib.files import need_space

ADDRESS = "http://download.magenta.tensorflow.org/datasets/nsynth/"
ATTEMPTS = 5  # connections that may break before a download gives up
STALL_SECONDS = 60  # without a byte, after which a connection counts as broken
CHUNK = 1 << 16  # bytes: no more than this is lost when a connection breaks
NOTE_BYTES = 128_044 + 700  # a WAV and its entry


@dataclass(frozen=True)
class Split:
    """An official split: its number of notes, and the checksum of its archive as ``algorithm:digest``."""

    notes: int
    checksum: str


# Numbers of notes: Engel et al. 2017. Checksums: the test split's sha256 stands in public data set registries, the md5
# sums in the HEAR benchmark's loader.
OFFICIAL = {
    "train": Split(289_205, "md5:fde6665a93865503ba598b9fac388660"),
    "valid": Split(12_678, "md5:87e94a00a19b6dbc99cf6d4c0c0cae87"),
    "test": Split(4_096, "sha256:0f9ba5d62beba9ec4612f918d19f5e87a681822f1c566124f05fe8b27a51934c"),
}


def download(split: str, folder: Path, address: str = ADDRESS, progress: bool = False) -> NSynth:
    """The official ``split`` below ``folder``, as ``nsynth-train``, ``nsynth-valid`` or ``nsynth-test``.

    What is there already is not fetched again; a download that broke off goes on where it stopped. The archive is
    removed once its notes are unpacked.

    Args:
        split: ``"train"`` (37 GB unpacked), ``"valid"`` (1.6 GB) or ``"test"`` (0.5 GB).
        folder: made where it is missing.
        address: of another place that holds the same archives.

    Raises:
        UsageError: for an unknown split.
        DataError: if the disk is too full, the connection keeps breaking, or the archive is not the official one; and
            if what is there already is not the whole split.

    >>> from pathlib import Path
    >>> notes = download("valid", Path("data"))  # doctest: +SKIP
    >>> len(notes)  # 1.6 GB from the network  # doctest: +SKIP
    12678
    >>> download("all", Path("data"))
    Traceback (most recent call last):
        ...
    nsynthlib.errors.UsageError: split 'all' is unknown; choose one of train, valid, test
    """
    if split not in OFFICIAL:
        raise UsageError(f"split {split!r} is unknown; choose one of {', '.join(OFFICIAL)}")
    target = folder / f"nsynth-{split}"
    if target.exists():
        _check_whole(target, OFFICIAL[split].notes)
    else:
        folder.mkdir(parents=True, exist_ok=True)
        archive = _fetch(f"{address.rstrip('/')}/nsynth-{split}.jsonwav.tar.gz", folder, OFFICIAL[split], progress)
        _unpack(archive, target, OFFICIAL[split].notes)
        archive.unlink()
    return NSynth(target)


def _fetch(url: str, folder: Path, split: Split, progress: bool) -> Path:
    """The archive, checked against its sum by pooch; one that differs is removed."""
    import pooch
    import requests

    name = url.rsplit("/", 1)[1]
    fetch = _Resuming(folder / f"{name}.part", split.notes * NOTE_BYTES, progress)
    pooch.get_logger().setLevel("WARNING")
    try:
        return Path(pooch.retrieve(url, split.checksum, name, folder, downloader=fetch))
    except (requests.RequestException, OSError) as error:
        raise DataError(
            f"{url}: cannot be fetched ({_reason(error)}); run the same again to go on where it stopped"
        ) from None
    except DataError:
        raise
    except ValueError:  # pooch's word for a wrong checksum
        raise DataError(
            f"{url}: is not the official archive (its checksum differs); it was removed, try again"
        ) from None


def _reason(error: OSError) -> str:
    """Why nothing more came; the errors of requests are errors of the system too, without its words."""
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"the server answers {error.response.status_code}"
    if isinstance(error, requests.Timeout) or "timed out" in str(error):
        return f"for {STALL_SECONDS} seconds nothing came"
    if isinstance(error, requests.RequestException):
        return "the connection could not be made, or broke"
    return error.strerror or str(error)


class _Resuming:
    """A downloader for pooch that keeps what it has in ``part`` and asks only for the rest."""

    def __init__(self, part: Path, unpacked: int, progress: bool) -> None:
        self.part, self.unpacked, self.progress = part, unpacked, progress

    def __call__(self, url: str, output_file: str, _pooch: object) -> None:
        import requests

        broken: Exception | None = None
        for _ in range(ATTEMPTS):
            try:
                if self._go_on(url):
                    os.replace(self.part, output_file)
                    return
            except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
                broken = error
        raise broken or requests.ConnectionError(f"{ATTEMPTS} connections ended early")

    def _go_on(self, url: str) -> bool:
        """Append what comes until the connection ends; returns whether the file is whole."""
        import requests

        have = self.part.stat().st_size if self.part.exists() else 0
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        with requests.get(url, headers=headers, stream=True, timeout=STALL_SECONDS) as response:
            if response.status_code == 416:  # all of it is here, or more than there is
                return self._whole(response, have)
            response.raise_for_status()
            if response.status_code != 206:  # a server that cannot resume sends everything
                have = 0
            response.raw.enforce_content_length = False  # or the last bytes before an early end would be dropped
            total = have + int(response.headers.get("Content-Length", 0))
            need_space(self.part.parent, total - have + self.unpacked, "the archive and its notes")
            self._append(response, have, total)
        return self.part.stat().st_size >= total

    def _whole(self, response: Any, have: int) -> bool:
        if response.headers.get("Content-Range", "").endswith(f"/{have}"):
            return True
        self.part.unlink()
        return False

    def _append(self, response: Any, have: int, total: int) -> None:
        bar = tqdm(total=total, initial=have, desc=self.part.stem, unit="B", unit_scale=True, disable=not self.progress)
        with self.part.open("ab" if have else "wb") as file, bar:
            for chunk in response.iter_content(CHUNK):
                file.write(chunk)
                bar.update(len(chunk))


def _unpack(archive: Path, target: Path, notes: int) -> None:
    """The archive's one folder as ``target``; whole or not at all, and no member leaves it."""
    need_space(target.parent, notes * NOTE_BYTES, "unpacking")
    partial = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".partial", dir=target.parent))
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(partial, filter="data")
        if missing := _missing(partial / target.name, notes):
            raise DataError(f"{archive}: {missing}; remove it")
        (partial / target.name).rename(target)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise DataError(f"{archive}: cannot be unpacked ({error}); remove it and try again") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _check_whole(target: Path, notes: int) -> None:
    """Raise DataError where ``target``, which this did not make just now, is not the whole split."""
    if missing := _missing(target, notes):
        raise DataError(f"{target}: {missing}; remove it, and the same command fetches it again")


def _missing(folder: Path, notes: int) -> str:
    """What a split's folder lacks of its official number of notes; nothing if it is whole."""
    if not (folder / "examples.json").is_file():
        return "holds no examples.json"
    try:
        entries = len(NSynth(folder))
        sounds = sum(map(is_sound, visible_files(folder / "audio")))
    except DataError as fault:
        return f"its index is not whole ({str(fault).removeprefix(f'{folder}{os.sep}')})"
    except OSError as error:
        return f"its folder audio cannot be listed ({error.strerror})"
    return "" if entries == sounds == notes else f"holds {entries} entries and {sounds} sounds, not {notes}"
