"""The buttons of a machine's page: what can be asked now, and for the rest, why not.

The tables are the domain's; the use case checks again, so a stale page can do no harm.
"""

from dataclasses import dataclass

from gough.domain.machine_status import COMMISSIONABLE, DEPLOYABLE, RELEASABLE, TESTABLE, MachineStatus
from gough.domain.permissions import GRANTS, Permission
from gough.domain.stages import ENDED_WELL, TABLES, JobKind, Outcome, Retry
from gough.persistence.models import ACTIVE, Job, Machine
from gough.services.people import Caller


@dataclass(frozen=True, slots=True)
class Offer:
    """`why_not` is empty when the action is possible. `typed`: the hostname must be typed to confirm."""

    name: str
    label: str
    path: str
    why_not: str = ""
    is_primary: bool = False
    typed: bool = False
    says: str = ""


def offers(machine: Machine, job: Job | None, caller: Caller) -> list[Offer]:
    here = f"/machines/{machine.id}"
    status, busy = MachineStatus(machine.status), job is not None and job.state in ACTIVE
    granted = GRANTS[caller.role]

    def why_not(allowed: frozenset[MachineStatus], permission: Permission) -> str:
        if permission not in granted:
            return f"Your role ({caller.role.value}) may not do this."
        if machine.vanished_at is not None:
            return "MAAS no longer knows this machine."
        if busy and job is not None:
            return f"Busy with {job.kind}; cancel it or wait."
        return "" if status in allowed else f"Not possible while MAAS says {status.label}."

    locked = "Locked in MAAS; unlock it there first." if machine.locked else ""
    return [
        Offer("deploy", "Deploy", f"{here}/deploy", why_not(DEPLOYABLE, Permission.DEPLOY), is_primary=True),
        Offer("commission", "Commission", f"{here}/commission", why_not(COMMISSIONABLE, Permission.OPERATE)),
        Offer("test", "Test", f"{here}/test", why_not(TESTABLE, Permission.OPERATE)),
        Offer(
            "release", "Release", f"{here}/release", why_not(RELEASABLE, Permission.OPERATE) or locked, typed=True,
            says="The machine goes back to MAAS's pool. Its agent's key and its tokens stop working at once.",
        ),
    ]  # fmt: skip


def job_offers(job: Job, caller: Caller) -> list[Offer]:
    """Cancel or retry, where the job is in the state for it."""
    refused = "" if Permission.OPERATE in GRANTS[caller.role] else f"Your role ({caller.role.value}) may not do this."
    if job.state in ACTIVE:
        asked = f"{job.cancel_requested_by} has asked for it already." if job.cancel_requested_by else ""
        return [Offer("cancel", f"Cancel {job.kind}", f"/jobs/{job.id}/cancel", refused or asked)]
    if job.state != "failed":
        return []
    taken_over = "A newer job has taken over." if job.superseded else ""
    says = "The machine is installed anew. Everything on its disks is lost." if wipes(job) else ""
    label = f"Retry {job.kind}"
    return [
        Offer(
            "retry", label, f"/jobs/{job.id}/retry", refused or taken_over, is_primary=True, typed=bool(says), says=says
        )
    ]  # fmt: skip


def wipes(job: Job) -> bool:
    """Whether a retry installs the machine anew."""
    if job.kind != JobKind.DEPLOYMENT:
        return False
    failed = {step.name for step in job.steps if step.outcome and Outcome(step.outcome) not in ENDED_WELL}
    return any(s.name in failed and s.retry is Retry.RESUBMIT for s in TABLES[JobKind.DEPLOYMENT])
