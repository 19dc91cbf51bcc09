"""Short operations on one machine: MAAS is asked while the caller waits, and the timeline says who asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from gough.domain.attribution import COMMENT
from gough.domain.errors import Conflict, Invalid, Problem
from gough.domain.machines import MachineRecord, is_hostname
from gough.domain.operations import MANNERS, Operation
from gough.domain.timeline import PersonEvent, Source, TimelineEvent
from gough.persistence.models import Machine, Region
from gough.ports import Provisioner
from gough.services import jobs, lifecycle, machines, observing, timeline
from gough.services.context import Use

Call = Callable[[Provisioner, str, str], MachineRecord]


def _query(maas: Provisioner, system_id: str, _comment: str) -> MachineRecord:
    state = maas.power_state(system_id)
    return replace(maas.machine(system_id), power_state=state)


CALLS: Mapping[Operation, Call] = {
    Operation.POWER_ON: lambda maas, system_id, _: maas.power_on(system_id),
    Operation.POWER_OFF: lambda maas, system_id, _: maas.power_off(system_id),
    Operation.POWER_QUERY: _query,
    Operation.LOCK: lambda maas, system_id, comment: maas.lock(system_id, comment=comment),
    Operation.UNLOCK: lambda maas, system_id, comment: maas.unlock(system_id, comment=comment),
    Operation.MARK_BROKEN: lambda maas, system_id, comment: maas.mark_broken(system_id, comment=comment),
    Operation.MARK_FIXED: lambda maas, system_id, comment: maas.mark_fixed(system_id, comment=comment),
    Operation.RESCUE: lambda maas, system_id, _: maas.rescue(system_id),
    Operation.EXIT_RESCUE: lambda maas, system_id, _: maas.exit_rescue(system_id),
    Operation.ABORT: lambda maas, system_id, comment: maas.abort(system_id, comment=comment),
}
CHANGEABLE = frozenset({"hostname", "pool", "zone", "description"})


def operate(use: Use, name: str, operation: Operation, *, by: str, not_ours: bool = False) -> Machine:
    """Do it now. Raises NotFound, Conflict, what MAAS answers; `not_ours`: yes, although somebody else uses it."""
    manner = MANNERS[operation]
    with use.database.read() as session:
        machine = _present(session, name)
        if manner.disturbs:
            jobs.require_idle(session, machine)
            if not not_ours:
                lifecycle.require_ours(session, machine)
    maas = use.provisioner(machine.region)
    answer = CALLS[operation](maas, machine.system_id, f"{COMMENT}for {by}")
    return _record(use, machine, answer, manner.done, by)


def change(
    use: Use, name: str, fields: Mapping[str, str], *, by: str, add_tags: Sequence[str] = (),
    remove_tags: Sequence[str] = (),
) -> Machine:  # fmt: skip
    """Rename, move to a pool or zone, tag. Raises Invalid, NotFound, what MAAS answers (locked: Refused)."""
    wrong = [Problem(f"/{field}", "cannot be changed here") for field in sorted(set(fields) - CHANGEABLE)]
    if not is_hostname(fields.get("hostname", "a")):
        wrong.append(Problem("/hostname", "up to 63 letters, digits and hyphens, with no hyphen at either end"))
    if wrong:
        raise Invalid("The machine cannot be changed like this.", problems=wrong)
    if not (fields or add_tags or remove_tags):
        raise Invalid("There is nothing to change.")
    with use.database.read() as session:
        machine = _present(session, name)
    maas = use.provisioner(machine.region)
    if fields:
        maas.update(machine.system_id, fields)
    if add_tags or remove_tags:
        maas.set_tags(machine.system_id, add=add_tags, remove=remove_tags)
    said = [f"{field} = {value or '-'}" for field, value in fields.items()]
    said += [f"tag {tag} added" for tag in add_tags] + [f"tag {tag} removed" for tag in remove_tags]
    return _record(use, machine, maas.machine(machine.system_id), ", ".join(said), by)


def _present(session: Session, name: str) -> Machine:
    machine = machines.find(session, name)
    if machine.vanished_at is not None:
        raise Conflict(f"MAAS no longer knows {machine.hostname}.", hint="Enlist it again.")
    len(machine.region.name)  # loaded, for after the session
    return machine


def _record(use: Use, machine: Machine, answer: MachineRecord, said: str, by: str) -> Machine:
    with use.database.write() as session:
        now = use.database.now(session)
        region = session.get_one(Region, machine.region_id)
        seen = observing.observe(session, region, answer, observed_at=now)
        event = TimelineEvent(Source.PERSON, PersonEvent.OPERATED, said, now, actor=by)
        timeline.record(session, seen.id, event, now=now)
    use.waker.wake()
    return seen
