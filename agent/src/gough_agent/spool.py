"""Heartbeats that the server could not take, on the disk until it can, oldest first.

A folder of segments, each named by the first number in it. A segment is one batch for the server, and its file goes
when the server has the whole of it; after a kill it is sent again, and the server knows what it had already.
A record is its payload's length, a CRC-32 and the heartbeat's number, then the payload: JSON, compressed.
"""

import math
import os
import struct
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

HEADER = struct.Struct("<IIQ")
SEGMENT_RECORDS = 32
SEGMENT_BYTES = 512 * 1024  # of JSON; a server takes 1 MiB in one request


class Record(NamedTuple):
    sequence: int
    message: bytes  # JSON


class Segment(NamedTuple):
    path: Path
    records: int
    size: int  # bytes on the disk


class Spool:
    """What is in it when `append` returns outlives a kill and a power cut. Not safe for two processes."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder, self._max_bytes = folder, max_bytes
        self._segments = [_measured(path) for path in sorted(folder.glob("*.log"))]
        self._open: int | None = None  # descriptor of the last segment, never of one from before the start
        self._open_bytes = 0  # of JSON
        self._delivered: set[int] = set()  # of what is still on the disk

    @property
    def waiting(self) -> int:
        return sum(segment.records for segment in self._segments) - len(self._delivered)

    @property
    def size(self) -> int:
        """Bytes on the disk."""
        return sum(segment.size for segment in self._segments)

    def append(self, sequence: int, message: bytes) -> int:
        """How many of the oldest had to go for it. Raises OSError when it could not be kept."""
        payload = zlib.compress(message)
        record = HEADER.pack(len(payload), _checksum(sequence, payload), sequence) + payload
        dropped = self._make_room(len(record))
        try:
            descriptor = self._descriptor(sequence, len(message))
            if os.write(descriptor, record) != len(record):
                raise OSError(28, "No space left on device")
            os.fsync(descriptor)
        except OSError:
            self.close()  # a torn record must be the last of its file
            if self._segments and self._segments[-1].records == 0:
                self._segments.pop().path.unlink(missing_ok=True)
            raise
        last = self._segments[-1]
        self._segments[-1] = last._replace(records=last.records + 1, size=last.size + len(record))
        self._open_bytes += len(message)
        return dropped

    def oldest(self) -> list[Record]:
        """The first batch, without what was delivered; empty when nothing waits."""
        self.close()  # what is being sent does not grow
        while self._segments:
            records = [one for one in _records(self._segments[0].path) if one.sequence not in self._delivered]
            if records:
                return records
            self._remove_first()
        return []

    def done(self, sequences: Collection[int]) -> None:
        """The server has these."""
        self._delivered.update(sequences)
        while self._segments and self._left_of_first() <= 0:
            self._remove_first()

    def clear(self) -> None:
        self.close()
        while self._segments:
            self._remove_first()

    def close(self) -> None:
        if self._open is not None:
            os.close(self._open)
            self._open, self._open_bytes = None, 0

    def _descriptor(self, sequence: int, size: int) -> int:
        full = self._open is not None and (
            self._segments[-1].records >= SEGMENT_RECORDS or self._open_bytes + size > SEGMENT_BYTES
        )
        if full:
            self.close()
        if self._open is None:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self._folder / f"{sequence:020d}.log"
            self._open = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)
            self._segments.append(Segment(path, 0, 0))
            _sync(self._folder)
        return self._open

    def _make_room(self, size: int) -> int:
        dropped = 0
        while self._segments and self.size + size > self._max_bytes:
            dropped += self._left_of_first()
            self._remove_first()
        return dropped

    def _left_of_first(self) -> int:
        return self._segments[0].records - sum(number < self._second() for number in self._delivered)

    def _remove_first(self) -> None:
        if len(self._segments) == 1:
            self.close()
        self._delivered = {number for number in self._delivered if number >= self._second()}
        self._segments.pop(0).path.unlink(missing_ok=True)

    def _second(self) -> float:
        """The first number that is not of the first segment: numbers grow."""
        return int(self._segments[1].path.stem) if len(self._segments) > 1 else math.inf


def _measured(path: Path) -> Segment:
    return Segment(path, sum(1 for _ in _payloads(path)), path.stat().st_size)


def _records(path: Path) -> Iterator[Record]:
    for sequence, payload in _payloads(path):
        yield Record(sequence, zlib.decompress(payload))


def _payloads(path: Path) -> Iterator[tuple[int, bytes]]:
    """Those that are whole: a kill in the middle of a write leaves a torn one at the end."""
    content, at = path.read_bytes(), 0
    while at + HEADER.size <= len(content):
        length, checksum, sequence = HEADER.unpack_from(content, at)
        payload = content[at + HEADER.size : at + HEADER.size + length]
        at += HEADER.size + length
        if len(payload) == length and checksum == _checksum(sequence, payload):
            yield sequence, payload


def _checksum(sequence: int, payload: bytes) -> int:
    return zlib.crc32(payload, zlib.crc32(sequence.to_bytes(8, "little")))


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
