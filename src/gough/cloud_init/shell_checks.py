"""What shellcheck has to say about a template's shell: its lines in runcmd, and scripts among its files.

Only for values that nobody minds in a temporary file: those of tests, and samples.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gough.cloud_init.findings import Finding, warning
from gough.cloud_init.render import Rendered
from gough.cloud_init.rules import nearest

_SHELLS = ("#!/bin/sh", "#!/bin/bash", "#!/usr/bin/env bash", "#!/bin/dash")
_TIMEOUT = 30.0
# Items of runcmd share one shell, so a variable may be set in one and used in another; other files are not there.
_LEFT_OUT = "SC2034,SC2154,SC1090,SC1091"
Place = tuple[str | int, ...]


def shell_findings(rendered: Rendered) -> Iterator[Finding]:
    """Warnings at the places the shell comes from; none where shellcheck is not installed or does not answer."""
    program, pieces = shutil.which("shellcheck"), list(_pieces(rendered.config))
    if program is None or not pieces:
        return
    for number, comment in _comments(program, [text for _, text in pieces]):
        said = f"shellcheck, in line {comment['line']} of this: {comment['message']} (SC{comment['code']})"
        yield warning(nearest(rendered.marks, pieces[number][0]), said)


def _pieces(config: Mapping[str, object]) -> Iterator[tuple[Place, str]]:
    """(where it stands, a script)"""
    items, files = config.get("runcmd"), config.get("write_files")
    for index, item in enumerate(items if isinstance(items, list) else []):
        if isinstance(item, str) and item.strip():
            yield ("runcmd", index), f"{item}\n"
    for index, file in enumerate(files if isinstance(files, list) else []):
        content = file.get("content") if isinstance(file, Mapping) else None
        if isinstance(content, str) and content.startswith(_SHELLS):
            yield ("write_files", index, "content"), content


def _comments(program: str, texts: list[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """(which text, what shellcheck says of it)"""
    with TemporaryDirectory(prefix="gough-shell-") as folder:
        names = [str(Path(folder, f"{number:04}.sh")) for number in range(len(texts))]
        for name, text in zip(names, texts, strict=True):
            # A line of runcmd names no shell; the directive stands before it, and is taken off the line numbers.
            Path(name).write_text(
                f"# shellcheck shell={'bash' if 'bash' in text[:20] else 'sh'}\n{text}", encoding="utf-8"
            )
        command = [program, "--format=json1", "--severity=warning", f"--exclude={_LEFT_OUT}", "--norc", *names]
        try:
            done = subprocess.run(command, capture_output=True, timeout=_TIMEOUT, check=False)  # noqa: S603
            comments = json.loads(done.stdout)["comments"]
        except (subprocess.TimeoutExpired, OSError, ValueError, KeyError):
            return
    for comment in comments:
        yield names.index(comment["file"]), comment | {"line": comment["line"] - 1}
