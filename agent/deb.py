"""A Debian package made of bytes: an ar file of three parts, see deb(5). The same input gives the same bytes."""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

MTIME = 1577836800  # 2020-01-01


class File(NamedTuple):
    content: bytes
    mode: int = 0o644


def package(control: str, scripts: Mapping[str, bytes], files: Mapping[str, File], conffiles: list[str]) -> bytes:
    """`files` by their path from the root, without the slash. `{kibibytes}` in `control` is filled in."""
    size = -(-sum(len(file.content) for file in files.values()) // 1024)
    digests = "".join(
        f"{hashlib.md5(file.content, usedforsecurity=False).hexdigest()}  {name}\n"
        for name, file in sorted(files.items())
    )
    parts = {
        "control": File(control.replace("{kibibytes}", str(size)).encode()),
        "md5sums": File(digests.encode()),
        "conffiles": File("".join(f"/{name}\n" for name in conffiles).encode()),
        **{name: File(content, 0o755) for name, content in scripts.items()},
    }
    members = (
        ("debian-binary", b"2.0\n"),
        ("control.tar.gz", _tar(parts)),
        ("data.tar.gz", _tar(files)),
    )
    return b"!<arch>\n" + b"".join(_member(name, content) for name, content in members)


def _member(name: str, content: bytes) -> bytes:
    header = f"{name:<16}{MTIME:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode()
    return header + content + b"\n" * (len(content) % 2)


def _tar(files: Mapping[str, File]) -> bytes:
    tarred = io.BytesIO()
    with tarfile.open(fileobj=tarred, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for folder in sorted({parent for name in files for parent in _parents(name)}):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode, entry.mtime = tarfile.DIRTYPE, 0o755, MTIME
            archive.addfile(_roots(entry))
        for name, file in sorted(files.items()):
            entry = tarfile.TarInfo(f"./{name}")
            entry.size, entry.mode, entry.mtime = len(file.content), file.mode, MTIME
            archive.addfile(_roots(entry), io.BytesIO(file.content))
    return gzip.compress(tarred.getvalue(), compresslevel=9, mtime=0)


def _roots(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uname = entry.gname = "root"
    return entry


def _parents(name: str) -> Iterator[str]:
    for parent in PurePosixPath(name).parents:
        yield "./" if str(parent) == "." else f"./{parent}/"
