"""Whether the audit log is whole: every entry, every checkpoint, and those that were kept elsewhere."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from gough.domain.errors import Invalid
from gough.persistence.models import AuditCheckpoint, AuditEntry
from gough.services import audit
from gough.services.audit_chain import START, hash_of, retention
from gough.services.audit_signing import is_signed
from gough.services.context import Use

MOST_FAULTS = 100


@dataclass
class Verdict:
    """What was looked at, and what is wrong: nothing, when `faults` is empty. `waiting` are not in the chain yet."""

    entries: int = 0
    checkpoints: int = 0
    first: int | None = None
    last: int | None = None
    waiting: int = 0
    faults: list[str] = field(default_factory=list)

    def blame(self, said: str) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(said)


def verify(use: Use, kept: Iterable[Mapping[str, Any]] = ()) -> Verdict:
    """`kept` are checkpoints as `exported` gave them, from somewhere that whoever changes the database cannot reach."""
    verdict = Verdict()
    with use.database.read() as session:
        _as_of_now(use, session)
        checkpoints = _checkpoints(use, session, verdict)
        outside = {int(each["position"]): str(each["hash"]) for each in kept}
        anchor = retention(session)
        place, latest = (anchor.position, anchor.hash) if anchor is not None else (0, START)
        begun = place
        for row in _chained(session, place):
            assert row.position is not None
            if row.position != place + 1:
                verdict.blame(f"{_span(place + 1, row.position - 1)} missing.")
                latest = _known(checkpoints, row.position - 1)
            if latest and hash_of(latest, row, row.position) != row.hash:
                verdict.blame(f"Entry {row.position} is not what was written.")
            place, latest = row.position, row.hash or ""
            verdict.entries, verdict.first, verdict.last = verdict.entries + 1, verdict.first or place, place
            for said, known in (("a checkpoint", checkpoints), ("a checkpoint kept elsewhere", outside)):
                if place in known and known[place] != row.hash:
                    verdict.blame(f"The entries up to {place} are not those that {said} was made of.")
        _compare_ends(verdict, begun, place, checkpoints, outside)
        unplaced = select(AuditEntry.id).where(AuditEntry.position.is_(None))
        verdict.waiting = len(session.scalars(unplaced).all())
    return verdict


def exported(use: Use) -> Iterator[bytes]:
    """Every entry, then every checkpoint, as JSON, one a line."""
    with use.database.read() as session:
        _as_of_now(use, session)
        for row in _chained(session, 0):
            yield _line({"kind": "entry", **audit.details(row)})
        for checkpoint in session.scalars(select(AuditCheckpoint).order_by(AuditCheckpoint.position)):
            yield _line(told(checkpoint))


def told(row: AuditCheckpoint) -> dict[str, Any]:
    return {
        "kind": "checkpoint", "position": row.position, "hash": row.hash, "at": row.at, "says": row.kind,
        "signature": row.signature, "public_key": row.public_key,
    }  # fmt: skip


def read_checkpoints(use: Use, text: str) -> list[dict[str, Any]]:
    """The checkpoints among the lines of an export. Raises Invalid for what is none, or not signed as it says."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            said = orjson.loads(line) if line.strip() else {}
            if said.get("kind") != "checkpoint":
                continue
            row = AuditCheckpoint(
                position=said["position"], hash=said["hash"], at=datetime.fromisoformat(said["at"]), kind=said["says"],
                signature=said["signature"], public_key=said["public_key"],
            )  # fmt: skip
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Invalid(f"Line {number} is not from `gough audit export`.", hint="Give the file unchanged.") from None
        if not is_signed(use, row):
            raise Invalid(
                f"The checkpoint on line {number} is not signed by this Gough.",
                hint="Was SECRET_KEY changed since? Then give a newer export, or SECRET_KEY_PREVIOUS.",
            )
        found.append(said)
    return found


def _as_of_now(use: Use, session: Session) -> None:
    """Entries and checkpoints of the same moment, although more are added meanwhile. SQLite does so by itself."""
    if not use.database.is_sqlite:
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def _checkpoints(use: Use, session: Session, verdict: Verdict) -> dict[int, str]:
    found = {}
    for row in session.scalars(select(AuditCheckpoint).order_by(AuditCheckpoint.position)):
        verdict.checkpoints += 1
        if is_signed(use, row):
            found[row.position] = row.hash
        else:
            verdict.blame(f"The checkpoint at {row.position} is not signed by this Gough.")
    return found


def _compare_ends(
    verdict: Verdict, begun: int, place: int, checkpoints: Mapping[int, str], outside: Mapping[int, str]
) -> None:
    end = max([*checkpoints, *outside], default=0)
    if end > place:
        verdict.blame(f"{_span(place + 1, end)} missing: a checkpoint knows of {end}.")
    if place > begun and place not in checkpoints:
        verdict.blame(f"The checkpoint at {place}, the end, is missing.")


def _known(checkpoints: Mapping[int, str], position: int) -> str:
    """The hash at that place, where a checkpoint tells it; without, the entry behind it cannot be checked."""
    return checkpoints.get(position, "")


def _chained(session: Session, behind: int) -> Iterator[AuditEntry]:
    query = select(AuditEntry).where(AuditEntry.position > behind).order_by(AuditEntry.position)
    yield from session.scalars(query.execution_options(yield_per=1000))


def _span(first: int, last: int) -> str:
    return f"Entry {first} is" if first == last else f"Entries {first} to {last} are"


def _line(value: Mapping[str, Any]) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_UTC_Z) + b"\n"
