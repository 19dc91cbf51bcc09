"""What people ask of a machine: deploy, commission, test, release."""

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from gough.domain.errors import Conflict, Invalid
from gough.domain.machine_status import COMMISSIONABLE, DEPLOYABLE, RELEASABLE, TESTABLE
from gough.domain.machine_status import MachineStatus as Status
from gough.domain.stages import JobKind
from gough.domain.variables import VariableType, check_values
from gough.persistence.models import Deployment, Job, Machine
from gough.services import jobs, machines, templates
from gough.services.agents import revoke
from gough.services.context import Use
from gough.services.jobs import Wish


def deploy(use: Use, name: str, template: str, variables: Mapping[str, Any], *, by: str, series: str = "") -> Job:
    """Deploy a template (`docker-host`, `docker-host@2`) to a machine.

    Raises NotFound, Invalid (every wrong variable at once) or Conflict; then nothing was changed.
    """
    with use.database.write() as session:
        machine = deployable(session, name)
        version = templates.find_version(session, template)
        source = templates.source_of(version)
        values, problems = check_values(source.variables, variables)
        if problems:
            raise Invalid(f"The variables do not fit template {version.label}.", problems=problems)
        said = f"deploy {version.label}"
        job = jobs.create(use, session, machine, Wish(JobKind.DEPLOYMENT, by, {"template": version.label}, said))
        secret = {v.name for v in source.variables if v.type is VariableType.SECRET}
        session.add(
            Deployment(
                job_id=job.id, machine_id=machine.id, template_version_id=version.id,
                series=_full_series(series or source.series),
                variables_sealed=use.sealer.seal_text(orjson.dumps(values).decode()),
                variables_shown={k: "***" if k in secret else v for k, v in values.items()},
            )
        )  # fmt: skip
    use.waker.wake()
    return job


def deployable(session: Session, name: str) -> Machine:
    """The machine, if it could be deployed now. Raises NotFound or Conflict."""
    return _ready_for(session, name, DEPLOYABLE, "deployed", "It must be Ready; release or commission it first.")


def commission(use: Use, name: str, *, by: str, skip_tests: bool = False) -> Job:
    wish = Wish(JobKind.COMMISSION, by, {"skip_tests": skip_tests}, "commission")
    return _simple(use, name, wish, COMMISSIONABLE, "commissioned")


def test(use: Use, name: str, *, by: str) -> Job:
    return _simple(use, name, Wish(JobKind.TEST, by, {}, "test"), TESTABLE, "tested")


def release(use: Use, name: str, *, by: str, erase: bool = False) -> Job:
    """Give the machine back to MAAS. Its agent's key and its tokens die with this."""
    with use.database.write() as session:
        machine = _ready_for(session, name, RELEASABLE, "released", "Nobody uses it.")
        if machine.locked:
            raise Conflict(f"{machine.hostname} is locked in MAAS.", hint="Unlock it there first.")
        wish = Wish(JobKind.RELEASE, by, {"erase": erase}, "release" + (" and erase the disks" if erase else ""))
        job = jobs.create(use, session, machine, wish)
        revoke(session, machine.id, now=use.database.now(session))
    use.waker.wake()
    return job


def latest_deployment(session: Session, machine_id: str) -> Deployment | None:
    query = select(Deployment).join(Job).where(Deployment.machine_id == machine_id)
    return session.scalars(query.order_by(Job.created_at.desc(), Job.id.desc()).limit(1)).one_or_none()


def _simple(use: Use, name: str, wish: Wish, allowed: frozenset[Status], verb: str) -> Job:
    with use.database.write() as session:
        machine = _ready_for(session, name, allowed, verb, "MAAS does not allow it in this status.")
        job = jobs.create(use, session, machine, wish)
    use.waker.wake()
    return job


def _ready_for(session: Session, name: str, allowed: frozenset[Status], verb: str, hint: str) -> Machine:
    machine = machines.find(session, name)
    if machine.vanished_at is not None:
        raise Conflict(f"MAAS no longer knows {machine.hostname}.", hint="Enlist it again.")
    if Status(machine.status) not in allowed:
        raise Conflict(f"{machine.hostname} is {Status(machine.status).label}; it cannot be {verb} now.", hint=hint)
    return machine


def _full_series(series: str) -> str:
    """MAAS takes `noble` too, but names it `ubuntu/noble` in its own answers."""
    return series if "/" in series else f"ubuntu/{series}"
