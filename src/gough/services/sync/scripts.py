"""The output of scripts that failed: read when a machine is first seen as failed, and kept on its timeline.

MAAS's events only say that a script failed. Why is in its output, which the region keeps and diagnosis quotes.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from gough.domain.diagnosis_scripts import said_of
from gough.domain.errors import GoughError
from gough.domain.machine_status import FAILED_BY_SCRIPTS
from gough.domain.machines import MachineRecord
from gough.domain.script_causes import excerpt
from gough.domain.timeline import Level, MaasEvent, Source, TimelineEvent
from gough.persistence.models import Machine, MachineEvent
from gough.ports import ScriptResult
from gough.services import timeline
from gough.services.sync.visit import Visit

LONGEST = 3000
# MAAS 3.4 `metadataserver/enum.py`, SCRIPT_STATUS_CHOICES.
FAILED = frozenset(
    {
        "Failed", "Timed out", "Failed installing dependencies", "Failed to apply custom network configuration",
        "Degraded",
    }
)  # fmt: skip


def failed_scripts(visit: Visit, records: Sequence[MachineRecord]) -> dict[str, list[ScriptResult]]:
    """{system_id: its failed scripts}, of known machines that have just failed. None where MAAS does not answer.

    What failed before Gough knew the machine is history: a first import does not wait for its output.
    """
    failed = [record.system_id for record in records if record.status in FAILED_BY_SCRIPTS]
    if not failed:
        return {}
    known = select(Machine.system_id, Machine.status).where(
        Machine.region_id == visit.region.id, Machine.system_id.in_(failed)
    )
    with visit.use.database.read() as session:
        before = {row[0]: row[1] for row in session.execute(known)}
    found: dict[str, list[ScriptResult]] = {}
    for record in records:
        if record.status in FAILED_BY_SCRIPTS and before.get(record.system_id, record.status) != record.status:
            found[record.system_id] = _read(visit, record.system_id)
    return found


def record_output(
    session: Session, known: Mapping[str, Machine], found: Mapping[str, Sequence[ScriptResult]], now: datetime
) -> None:
    for system_id, results in found.items():
        for result in results:
            _record(session, known[system_id], result, now)


def _read(visit: Visit, system_id: str) -> list[ScriptResult]:
    try:
        results, _ = visit.ask(lambda: visit.client.script_results(system_id, include_output=True))
    except GoughError:
        return []  # that it failed is known all the same
    return [result for result in results if result.status in FAILED]


def _record(session: Session, machine: Machine, result: ScriptResult, now: datetime) -> None:
    digest = sha256(f"{result.name} {result.device} {result.output}".encode()).hexdigest()[:32]
    key = f"script:{machine.id}:{digest}"
    if session.scalars(select(MachineEvent.id).where(MachineEvent.dedup_key == key)).first() is not None:
        return
    told = excerpt(result.name, result.output)[-LONGEST:]
    said = said_of(result.name, result.kind, result.device, result.status, told)
    event = TimelineEvent(Source.MAAS, MaasEvent.SCRIPT_OUTPUT, said, now, Level.ERROR)
    timeline.record(session, machine.id, event, now=now, dedup_key=key)
