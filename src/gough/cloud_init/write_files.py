"""A template's `write_files`, compiled into a shell script that writes the same files later in the boot."""

import base64
import binascii
import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from gough.domain.errors import Invalid, Problem

NAME = "10-write-files.sh"
_KEYS = {"path", "content", "owner", "permissions", "encoding", "append", "defer"}
_BASE64 = {"b64", "base64"}
_GZIP_BASE64 = {"gz+b64", "gz+base64", "gzip+b64", "gzip+base64"}
_MODE = re.compile(r"(?:0o?)?([0-7]{3,4})")
_OWNER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\$?(:([A-Za-z0-9_][A-Za-z0-9_.-]*)?)?")

HEAD = """\
#!/bin/sh
# Written by Gough from the template's write_files. GOUGH_ROOT prefixes every path.
set -eu
umask 077

# put PATH MODE OWNER APPEND: the whole of stdin appears under PATH at once, with its mode and owner already set.
put() {
    path=${GOUGH_ROOT:-}$1 mode=$2 owner=$3 append=$4
    if [ -d "$path" ]; then
        echo "gough: $path is a directory; expected a file" >&2
        exit 1
    fi
    install -D -m 600 /dev/null "$path.gough-new"
    if [ "$append" = true ] && [ -e "$path" ]; then
        cat -- "$path" - >"$path.gough-new"
    else
        cat >"$path.gough-new"
    fi
    if [ -n "$owner" ]; then
        chown -- "$owner" "$path.gough-new"
    fi
    chmod -- "$mode" "$path.gough-new"
    mv -f -- "$path.gough-new" "$path"
}
"""


def script(files: object) -> str:
    """The script. Raises Invalid, by pointer (`/write_files/0/path`), for what it could not write."""
    if not isinstance(files, (list, tuple)):
        raise Invalid("write_files cannot be compiled.", problems=[Problem("/write_files", "expected a list")])
    problems = [
        Problem(f"/write_files/{index}{'/' + key if key else ''}", message)
        for index, entry in enumerate(files)
        for key, message in _faults(entry)
    ]
    if problems:
        raise Invalid("write_files cannot be compiled.", problems=problems)
    return HEAD + "".join(_put(entry) for entry in cast(Sequence[Mapping[str, object]], files))


def content_of(entry: Mapping[str, object]) -> bytes:
    """The content as it stands in the entry, its base64 taken off; gzip is left to the server."""
    content = cast(str, entry.get("content") or "")
    if str(entry.get("encoding", "")).lower() in _BASE64 | _GZIP_BASE64:
        return base64.b64decode("".join(content.split()), validate=True)
    return content.encode()


def _put(entry: Mapping[str, object]) -> str:
    encoded = base64.encodebytes(content_of(entry)).decode().rstrip("\n")
    unpack = "base64 -d | gzip -dc" if str(entry.get("encoding", "")).lower() in _GZIP_BASE64 else "base64 -d"
    owner = str(entry.get("owner") or "")
    append = "true" if entry.get("append") else "false"
    target = f"{shlex.quote(str(entry['path']))} {_mode(entry)} {shlex.quote(owner)} {append}"
    return f"\nprintf %s '{encoded}' | {unpack} | put {target}\n"


def _mode(entry: Mapping[str, object]) -> str:
    """Four octal digits. YAML reads a bare 0644 as a number, as cloud-init does."""
    permissions = entry.get("permissions", "0644")
    if isinstance(permissions, int) and not isinstance(permissions, bool) and 0 <= permissions <= 0o7777:
        return f"{permissions:04o}"
    match = _MODE.fullmatch(str(permissions))
    return match[1].zfill(4) if match else ""


def _faults(entry: object) -> Iterator[tuple[str, str]]:
    if not isinstance(entry, Mapping):
        yield "", "expected a mapping with path and content"
        return
    for key in entry.keys() - _KEYS:
        yield str(key), "is not supported in write_files"
    path = entry.get("path")
    if not isinstance(path, str) or not path.startswith("/") or path != posixpath.normpath(path) or path == "/":
        yield "path", "expected an absolute path without . and .."
    elif "\0" in path:
        yield "path", "expected a path without NUL"
    if not _mode(entry):
        yield "permissions", 'expected an octal mode, quoted: "0644"'
    if entry.get("owner") and not _OWNER.fullmatch(str(entry["owner"])):
        yield "owner", "expected user or user:group"
    yield from _content_faults(entry)


def _content_faults(entry: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    encoding = str(entry.get("encoding", "")).lower()
    if encoding not in {"", "text/plain"} | _BASE64 | _GZIP_BASE64:
        yield "encoding", "expected text/plain, b64 or gz+b64 (gzip by itself cannot stand in a text)"
        return
    if not isinstance(entry.get("content") or "", str):
        yield "content", "expected text; for JSON, write the expression into a text with tojson"
        return
    try:
        content_of(entry)
    except (binascii.Error, ValueError):
        yield "content", "is not the base64 that its encoding promises, or not text"
