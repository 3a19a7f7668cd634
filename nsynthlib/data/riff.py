"""The chunks of a WAV file, also of one whose header was written before the length of its sound was known."""

from __future__ import annotations

import struct
from collections.abc import Iterator

UNKNOWN = 0x7FFFF000  # and above, or 0: what programs write for a length that they do not know yet
FLOAT, EXTENSIBLE = 3, 0xFFFE  # kinds of samples; the second says that the kind is told farther on
ORDERS = {b"RIFF": "<", b"RF64": "<", b"RIFX": ">"}  # of the bytes of a number


class WavFault(ValueError):
    """What is wrong with a WAV file, in words."""


def tidy_wav(content: bytes) -> tuple[bytes, int]:
    """A WAV file cut down to format and samples, every size in it right; and its bits a sample.

    Raises:
        WavFault: if it is not WAV, has no format or no samples, contradicts itself, or holds fewer samples than its
            header says. A header that tells no length is no fault: the sound goes on to the end of the file.
    """
    order = ORDERS.get(content[:4])
    if order is None or content[8:12] != b"WAVE":
        raise WavFault("it does not begin as WAV does")
    form, sound = b"", None
    for name, start, size in _chunks(content, order):
        if name == b"fmt ":
            form = content[start : start + size]
        elif name == b"data":
            sound = _samples(content, order, start, size)
            break
    bits, block = _format(form, order)
    if sound is None:
        raise WavFault("it holds no samples: no data chunk")
    if not (sound := sound[: len(sound) // block * block]):
        raise WavFault("it holds no samples")
    chunks = _chunk(b"fmt ", form, order) + _chunk(b"data", sound, order)
    magic = b"RIFX" if order == ">" else b"RIFF"
    return magic + struct.pack(f"{order}I", 4 + len(chunks)) + b"WAVE" + chunks, bits


def _chunks(content: bytes, order: str, at: int = 12) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and told size of each chunk, as far as they hang together."""
    while at + 8 <= len(content):
        name, size = struct.unpack_from(f"{order}4sI", content, at)
        yield name, at + 8, size
        at += 8 + size + size % 2


def _samples(content: bytes, order: str, start: int, size: int) -> bytes:
    """The samples that begin at ``start``, by the size that the header tells or, where it tells none, to the end."""
    if content[:4] == b"RF64" and content[12:16] == b"ds64" and len(content) >= 36:
        (size,) = struct.unpack_from("<Q", content, 28)
    if size >= UNKNOWN or (size == 0 and not _goes_on(content, order, start)):
        return content[start:]
    if start + size > len(content):
        raise WavFault(f"it is cut short: {len(content) - start} of {size} bytes of sound are there")
    return content[start : start + size]


def _goes_on(content: bytes, order: str, at: int) -> bool:
    """Whether nothing but named chunks lies between ``at`` and the end."""
    for name, start, size in _chunks(content, order, at):
        if not (name.isascii() and name.decode().isprintable()):
            return False
        at = start + size + size % 2
    return at in (len(content), len(content) + 1)


def _format(form: bytes, order: str) -> tuple[int, int]:
    """Bits of a sample, and bytes of one sample of all channels."""
    if len(form) < 16:
        raise WavFault("its header does not tell the format")
    tag, channels, _, _, block, bits = struct.unpack_from(f"{order}HHIIHH", form)
    if tag == EXTENSIBLE and len(form) >= 40:
        (tag,) = struct.unpack_from(f"{order}H", form, 24)
    size, rest = divmod(block, channels or 1)  # bytes of one sample
    fits = size <= 8 and 8 * min(size - 1, 1) < bits <= 8 * size and (tag != FLOAT or bits == 8 * size)
    if not channels or rest or not fits or tag == EXTENSIBLE:
        raise WavFault(f"its header contradicts itself: {bits} bits in {block} bytes for {channels} channels")
    return bits, block


def _chunk(name: bytes, body: bytes, order: str) -> bytes:
    return name + struct.pack(f"{order}I", len(body)) + body + b"\0" * (len(body) % 2)
