"""Machines come into MAAS and go out of it again through Gough."""

from contextlib import suppress

from gough.domain.attribution import IN_USE, KEEPS_ITS_SYSTEM
from gough.domain.errors import Conflict, Invalid, NotFound, Problem
from gough.domain.machine_status import MachineStatus
from gough.domain.machines import is_hostname
from gough.domain.timeline import PersonEvent, Source, TimelineEvent
from gough.persistence.models import Machine, Region
from gough.ports import NewMachine
from gough.services import agents, audit, jobs, machines, observing, regions, timeline
from gough.services.context import Use


def enlist(use: Use, region_name: str, wanted: NewMachine, *, by: str) -> Machine:
    """Tell MAAS of a machine; it is New then, and wants to be commissioned. Raises Invalid, NotFound, what MAAS says.

    MAAS answers a machine that it knows already, by a MAC address, with Invalid.
    """
    if wanted.hostname and not is_hostname(wanted.hostname):
        said = "up to 63 letters, digits and hyphens, with no hyphen at either end"
        raise Invalid("The machine cannot be called that.", problems=[Problem("/hostname", said)])
    with use.database.read() as session:
        region = regions.find(session, region_name)
    record = use.provisioner(region).enlist(wanted)
    with use.database.write() as session:
        now = use.database.now(session)
        machine = observing.observe(session, session.get_one(Region, region.id), record, observed_at=now)
        event = TimelineEvent(Source.PERSON, PersonEvent.OPERATED, f"enlisted in region {region.name}", now, actor=by)
        timeline.record(session, machine.id, event, now=now)
        audit.note(target=machine.hostname, after={"region": region.name, "system_id": record.system_id})
    use.waker.wake()
    return machine


def delete(use: Use, name: str, *, confirm: str, by: str) -> None:
    """Have MAAS forget a machine that nobody uses. Its history in Gough stays. `confirm` is its hostname.

    Raises NotFound, Invalid without the right word, Conflict while it is in use, what MAAS answers (locked: Refused).
    """
    with use.database.read() as session:
        machine = machines.find(session, name)
        _require_unused(machine)
        jobs.require_idle(session, machine)
        region = machine.region
    if confirm != machine.hostname:
        problem = Problem("?confirm", f"expected {machine.hostname}")
        raise Invalid("Deleting a machine wants its hostname once more.", problems=[problem])
    with suppress(NotFound):  # somebody was faster, or the answer to an earlier try was lost: it is gone, as was wanted
        use.provisioner(region).delete_machine(machine.system_id)
    with use.database.write() as session:
        gone, now = session.get_one(Machine, machine.id), use.database.now(session)
        event = TimelineEvent(Source.PERSON, PersonEvent.OPERATED, "deleted from MAAS", now, actor=by)
        timeline.record(session, gone.id, event, now=now)
        observing.missing(session, gone, asked_at=now)
        agents.revoke(session, gone.id, now=now)
        audit.note(target=gone.hostname, before={"region": region.name, "system_id": gone.system_id})
    use.waker.wake()


def _require_unused(machine: Machine) -> None:
    status = MachineStatus(machine.status)
    if machine.vanished_at is not None:
        raise Conflict(f"MAAS no longer knows {machine.hostname}.", hint="Nothing is left to delete.")
    if status in IN_USE or (status in KEEPS_ITS_SYSTEM and machine.owner):
        raise Conflict(f"{machine.hostname} is {status.label}: it is in use.", hint="Release it first.")
