"""The file: a ZIP of `tables/NAME.jsonl`, one line a row, `files/…`, and `manifest.json`, which has a checksum of each.

The manifest is written last. Without it, or with one byte changed, the archive is refused, naming the part.
"""

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from gough.domain.errors import Invalid, NotFound

MANIFEST = "manifest.json"
LARGEST_MANIFEST = 16 * 1024 * 1024
CHUNK = 1024 * 1024
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TableEntry(_Frozen):
    """`sha256` is of the lines as they stand, `digest` of the rows in any order."""

    columns: tuple[str, ...]
    rows: int
    sha256: str
    digest: str


class FileEntry(_Frozen):
    bytes: int
    sha256: str


class Manifest(_Frozen):
    """`key_mark` tells whether a SECRET_KEY is the one that opens the secrets within; it tells nothing of the key."""

    format: Literal[1] = 1
    gough: str
    schema_revision: str
    database: str
    made_at: datetime
    key_mark: str = ""
    tables: Mapping[str, TableEntry]
    files: Mapping[str, FileEntry] = {}

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables.values())


def key_mark(key: str) -> str:
    return sha256(b"gough backup: which key\0" + key.encode()).hexdigest()[:16]


def table_path(name: str) -> str:
    return f"tables/{name}.jsonl"


def file_path(name: str) -> str:
    return f"files/{name}"


class Archive:
    """One to read from. Raises NotFound where there is no file, Invalid where it is no whole backup."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except FileNotFoundError as error:
            raise NotFound(f"There is no backup {path}.", hint="Give the path of a backup's file.") from error
        except _BROKEN as error:
            raise self._damaged("it is no archive, or its end is missing") from error
        try:
            self.manifest = self._manifest()
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._zip.close()

    def check(self) -> None:
        """Every part against its checksum. Raises Invalid naming the first that is wrong."""
        for name in self.manifest.tables:
            for _ in self.lines(name):
                pass
        for name in self.manifest.files:
            for _ in self.content(name):
                pass

    def lines(self, table: str) -> Iterator[bytes]:
        """A table's rows. What is wrong with them as a whole is known only at the end: `check` first."""
        entry, sum_, rows = self.manifest.tables[table], sha256(), 0
        for line in self._read(table_path(table), by_line=True):
            sum_.update(line)
            rows += 1
            yield line
        if rows != entry.rows:
            raise self._damaged(f"table {table} has {rows} rows, and {entry.rows} were backed up")
        if sum_.hexdigest() != entry.sha256:
            raise self._damaged(f"table {table} is not as it was written: its checksum differs")

    def content(self, name: str) -> Iterator[bytes]:
        """A file's, in pieces."""
        entry, sum_ = self.manifest.files[name], sha256()
        for piece in self._read(file_path(name)):
            sum_.update(piece)
            yield piece
        if sum_.hexdigest() != entry.sha256:
            raise self._damaged(f"file {name} is not as it was written: its checksum differs")

    def _read(self, member: str, *, by_line: bool = False) -> Iterator[bytes]:
        try:
            with self._zip.open(member) as file:
                if by_line:
                    yield from file
                else:
                    yield from iter(lambda: file.read(CHUNK), b"")
        except KeyError as error:
            raise self._damaged(f"{member} is missing") from error
        except _BROKEN as error:
            raise self._damaged(f"{member} cannot be read ({error})") from error

    def _manifest(self) -> Manifest:
        try:
            info = self._zip.getinfo(MANIFEST)
        except KeyError as error:
            raise self._damaged(f"it has no {MANIFEST}, so it is no backup of Gough's") from error
        if info.file_size > LARGEST_MANIFEST:
            raise self._damaged(f"its {MANIFEST} is too large to be one")
        try:
            found = Manifest.model_validate_json(b"".join(self._read(MANIFEST)))
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(map(str, first["loc"])) or "the whole"
            raise self._damaged(f"its {MANIFEST} cannot be understood: {where}: {first['msg']}") from error
        for name in found.files:
            if not _is_within(name):
                raise self._damaged(f"file {name!r} would be written outside of the folder it is restored to")
        return found

    def _damaged(self, why: str) -> Invalid:
        return Invalid(f"{self.path} is damaged: {why}.", hint="Take another copy of this backup, or the one before.")


def _is_within(name: str) -> bool:
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and "\\" not in name
