"""The lab's operator: does what a person would, through the same use cases, and watches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog
from sqlalchemy import select

from gough.domain.errors import Conflict
from gough.domain.machine_status import MachineStatus
from gough.domain.stages import JobKind
from gough.lab.examples import example_values
from gough.persistence.models import Job, Machine, MachineEvent
from gough.services import adoption, lifecycle, templates
from gough.services.context import Use

log = structlog.get_logger()

BY = "lab"
BRINGS_IN_SERVICE = frozenset({JobKind.DEPLOYMENT.value, JobKind.ADOPTION.value})


class Console(Protocol):
    """Somebody at the machines themselves, by their hostnames."""

    def is_up(self, hostname: str) -> bool: ...

    def type_in(self, hostname: str, command: str) -> str:
        """As root. What the machine complains of; empty when it went well."""
        ...


@dataclass(frozen=True, slots=True)
class Standing:
    """One machine at one moment. `ended`: in service, or failed for good; then `diagnosis` says why."""

    hostname: str
    service: str
    status: str
    job: str
    stages: tuple[tuple[str, str], ...]
    ended: bool
    failed: bool
    diagnosis: dict[str, Any] | None


@dataclass(slots=True)
class Operator:
    """Commissions what is New, deploys what is Ready, once each; `a_round` of them in one round at most.

    `values` go before what the lab would give the template's variables. `adopts` are the hostnames of machines that
    somebody else deploys: these are adopted at the `console` instead.
    """

    use: Use
    template: str
    adopts: frozenset[str] = frozenset()
    console: Console | None = None
    a_round: int = 1000
    values: Mapping[str, Any] = field(default_factory=dict)
    _asked: set[tuple[str, JobKind]] = field(default_factory=set)
    _variables: dict[str, Any] | None = None

    def work(self) -> None:
        """One round over the machines."""
        enough = len(self._asked) + self.a_round
        with self.use.database.read() as session:
            rows = session.execute(select(Machine.id, Machine.hostname, Machine.status)).all()
        for machine_id, hostname, status in rows:
            if len(self._asked) >= enough:
                return
            if hostname in self.adopts:
                self._adopt(machine_id, hostname, status)
            elif status == MachineStatus.NEW:
                self._ask(machine_id, JobKind.COMMISSION)
            elif status == MachineStatus.READY:
                self._ask(machine_id, JobKind.DEPLOYMENT)

    def standings(self) -> list[Standing]:
        """Every machine with its newest job, by hostname."""
        with self.use.database.read() as session:
            machines = session.scalars(select(Machine).order_by(Machine.hostname)).all()
            newest = {
                machine.id: session.scalars(
                    select(Job).where(Job.machine_id == machine.id).order_by(Job.created_at.desc()).limit(1)
                ).first()
                for machine in machines
            }
            return [_standing(machine, newest[machine.id]) for machine in machines]

    def news(self, after: int) -> Sequence[MachineEvent]:
        """Timeline events behind `after`, oldest first, without what only a log is for."""
        with self.use.database.read() as session:
            query = select(MachineEvent).where(MachineEvent.id > after, MachineEvent.level != "debug")
            return session.scalars(query.order_by(MachineEvent.id).limit(200)).all()

    def hostnames(self) -> dict[str, str]:
        with self.use.database.read() as session:
            return {row[0]: row[1] for row in session.execute(select(Machine.id, Machine.hostname))}

    def _ask(self, machine_id: str, kind: JobKind) -> None:
        if (machine_id, kind) in self._asked:
            return
        try:
            if kind is JobKind.COMMISSION:
                lifecycle.commission(self.use, machine_id, by=BY)
            else:
                lifecycle.deploy(self.use, machine_id, lifecycle.Plan(self.template, self._values()), by=BY)
        except Conflict:
            return  # its last job is just ending; the next round asks again
        self._asked.add((machine_id, kind))

    def _adopt(self, machine_id: str, hostname: str, status: int) -> None:
        """Ask for the command and type it in, as soon as there is a system to type it in."""
        asked, console = (machine_id, JobKind.ADOPTION), self.console
        if asked in self._asked or status != MachineStatus.DEPLOYED or console is None or not console.is_up(hostname):
            return
        self._asked.add(asked)
        made = adoption.adopt(self.use, machine_id, by=BY)
        if complaint := console.type_in(hostname, made.command):
            log.error("the installer failed", machine=hostname, said=complaint)

    def _values(self) -> dict[str, Any]:
        """What the template cannot do without, as somebody trying it out would fill it in."""
        if self._variables is None:
            with self.use.database.read() as session:
                source = templates.source_of(templates.find_version(session, self.template))
            self._variables = {**example_values(source), **self.values}
        return self._variables


def _standing(machine: Machine, job: Job | None) -> Standing:
    failed = job is not None and job.state in ("failed", "cancelled")
    served = job is not None and job.kind in BRINGS_IN_SERVICE and job.state == "done"
    return Standing(
        hostname=machine.hostname,
        service=machine.service,
        status=MachineStatus(machine.status).label,
        job=job.kind if job else "",
        stages=tuple((step.name, step.state) for step in job.steps) if job else (),
        ended=failed or served,
        failed=failed,
        diagnosis=job.diagnosis if job else None,
    )
