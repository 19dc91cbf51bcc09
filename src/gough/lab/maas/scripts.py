"""Commissioning, testing and installation scripts, and how `nodes/{system_id}/results/` shows them."""

import base64
from dataclasses import dataclass, field
from typing import Any

from gough.lab.maas.wire import rfc_date

COMMISSIONING, INSTALLATION, TESTING = "Commissioning", "Installation", "Testing"
TYPE_NUMBERS = {COMMISSIONING: 0, INSTALLATION: 1, TESTING: 2}
INSTALL_LOG = "/tmp/install.log"  # noqa: S108 - MAAS's name for curtin's log, not a file of ours
STATUS_NUMBERS = {"Unknown": -1, "Pending": 0, "Running": 1, "Passed": 2, "Failed": 3, "Aborted": 5}
UNFINISHED = frozenset({"Pending", "Running"})


@dataclass(slots=True)
class Script:
    id: int
    name: str
    created: float
    updated: float
    status: str = "Pending"
    exit_status: int | None = None
    started: float | None = None
    ended: float | None = None
    output: bytes = b""


@dataclass(slots=True)
class ScriptSet:
    id: int
    kind: str
    scripts: list[Script] = field(default_factory=list)

    @property
    def status(self) -> str:
        """The worst of its scripts, as far as they are done."""
        seen = {script.status for script in self.scripts}
        for status in ("Running", "Failed", "Aborted", "Pending"):
            if status in seen:
                return status
        return "Passed" if seen else "Unknown"

    @property
    def pending(self) -> tuple[str, ...]:
        return tuple(script.name for script in self.scripts if script.status in UNFINISHED)

    def named(self, name: str) -> Script | None:
        return next((script for script in self.scripts if script.name == name), None)


def status_fields(name: str, one: ScriptSet | None) -> dict[str, Any]:
    status = one.status if one else "Unknown"
    return {f"{name}_status": STATUS_NUMBERS[status], f"{name}_status_name": status}


def set_json(system_id: str, one: ScriptSet, *, include_output: bool) -> dict[str, Any]:
    started = min((s.started for s in one.scripts if s.started is not None), default=None)
    ended = max((s.ended for s in one.scripts if s.ended is not None), default=None)
    if one.pending:
        ended = None
    return {
        "id": one.id,
        "system_id": system_id,
        "type": TYPE_NUMBERS[one.kind],
        "type_name": one.kind,
        "status": STATUS_NUMBERS[one.status],
        "status_name": one.status,
        "started": _date(started),
        "ended": _date(ended),
        "last_ping": _date(started),
        "runtime": _runtime(started, ended),
        "results": [_script_json(script, include_output=include_output) for script in one.scripts],
        "resource_uri": f"/MAAS/api/2.0/nodes/{system_id}/results/{one.id}/",
    }


def download(one: ScriptSet) -> bytes:
    """The outputs one after another, each under its name."""
    titles = [f" {script.name} ".center(80, "-").encode() for script in one.scripts]
    return b"".join(title + b"\n" + script.output + b"\n" for title, script in zip(titles, one.scripts, strict=True))


def _script_json(script: Script, *, include_output: bool) -> dict[str, Any]:
    known = 0 if script.name.startswith("/") else script.id % 90 + 1  # the install log is no script of MAAS's
    answer: dict[str, Any] = {
        "id": script.id,
        "created": _date(script.created),
        "updated": _date(script.updated),
        "name": script.name,
        "status": STATUS_NUMBERS[script.status],
        "status_name": script.status,
        "exit_status": script.exit_status,
        "started": _date(script.started),
        "ended": _date(script.ended),
        "runtime": _runtime(script.started, script.ended),
        "starttime": "" if script.started is None else script.started,
        "endtime": "" if script.ended is None else script.ended,
        "estimated_runtime": "0:00:00" if known else "Unknown",
        "parameters": {},
        "script_id": known or None,
        "script_revision_id": known if known and script.ended is not None else None,
        "suppressed": False,
    }
    if include_output:
        encoded = base64.b64encode(script.output).decode()
        answer |= {"output": encoded, "stdout": encoded, "stderr": "", "result": ""}
    return answer


def _date(moment: float | None) -> str | None:
    return None if moment is None else rfc_date(moment)


def _runtime(started: float | None, ended: float | None) -> str:
    if started is None or ended is None:
        return ""
    seconds = int(ended - started)
    return f"{seconds // 3600}:{seconds % 3600 // 60:02}:{seconds % 60:02}"
