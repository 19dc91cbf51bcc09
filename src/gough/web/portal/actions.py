"""The buttons of a machine's page: what can be asked now, and for the rest, why not.

The tables are the domain's; the use case checks again, so a stale page can do no harm.
"""

from dataclasses import dataclass

from gough.domain.attribution import Holder
from gough.domain.machine_status import COMMISSIONABLE, DEPLOYABLE, RELEASABLE, TESTABLE, MachineStatus
from gough.domain.permissions import GRANTS, Permission
from gough.domain.service_state import ServiceState
from gough.domain.stages import ENDED_WELL, TABLES, JobKind, Outcome, Retry
from gough.persistence.models import ACTIVE, Job, Machine
from gough.services.people import Caller
from gough.web.portal.wishes import WISHES, Wish

OTHERS = frozenset({Holder.PERSON, Holder.OTHER_GOUGH})


@dataclass(frozen=True, slots=True)
class Offer:
    """`why_not` is empty when the action is possible. `typed`: the hostname must be typed to confirm.

    `not_ours`: what must be ticked because somebody else uses the machine; empty where that is not so.
    """

    name: str
    label: str
    path: str
    why_not: str = ""
    is_primary: bool = False
    typed: bool = False
    says: str = ""
    not_ours: str = ""

    @property
    def asks(self) -> bool:
        """Whether it wants more than one click."""
        return self.typed or bool(self.not_ours or self.wishes)

    @property
    def wishes(self) -> tuple[Wish, ...]:
        """Its options."""
        return WISHES.get(self.name, ())


@dataclass(frozen=True, slots=True)
class Scene:
    """What the buttons depend on: the machine, its newest job, whose it is, who looks at it."""

    machine: Machine
    job: Job | None
    holder: Holder
    caller: Caller

    @property
    def here(self) -> str:
        return f"/machines/{self.machine.id}"

    @property
    def status(self) -> MachineStatus:
        return MachineStatus(self.machine.status)

    @property
    def in_service(self) -> bool:
        return self.machine.service == ServiceState.IN_SERVICE

    @property
    def user(self) -> str:
        """Who uses it, in words; empty when nobody does."""
        return {
            Holder.NOBODY: "", Holder.OURS: "this Gough", Holder.OTHER_GOUGH: "another Gough",
            Holder.PERSON: f"{self.machine.owner or 'somebody'}, outside Gough",
        }[self.holder]  # fmt: skip

    @property
    def not_ours(self) -> str:
        return f"Yes, although it belongs to {self.user}: I have asked" if self.holder in OTHERS else ""

    def refusal(self, permission: Permission) -> str:
        """Why nothing of the kind can be asked of it, whatever its status."""
        if permission not in GRANTS[self.caller.role]:
            return f"Your role ({self.caller.role.value}) may not do this."
        return "MAAS no longer knows this machine." if self.machine.vanished_at is not None else ""

    def busy(self) -> str:
        if self.job is None or self.job.state not in ACTIVE:
            return ""
        return f"Busy with {self.job.kind}; cancel it or wait."

    def impossible(self, allowed: frozenset[MachineStatus]) -> str:
        return "" if self.status in allowed else f"Not possible while MAAS says {self.status.label}."


def offers(scene: Scene) -> list[Offer]:
    def why_not(allowed: frozenset[MachineStatus], permission: Permission) -> str:
        return scene.refusal(permission) or scene.busy() or scene.impossible(allowed)

    here, operate = scene.here, Permission.OPERATE
    locked = "Locked in MAAS; unlock it first." if scene.machine.locked else ""
    theirs = f"It belongs to {scene.user}, and a test reboots it." if scene.holder in OTHERS else ""
    return [
        *_adoption(scene),
        Offer("deploy", "Deploy", f"{here}/deploy", why_not(DEPLOYABLE, Permission.DEPLOY), is_primary=True),
        Offer("commission", "Commission", f"{here}/commission", why_not(COMMISSIONABLE, operate)),
        Offer(
            "test", "Test", f"{here}/test", why_not(TESTABLE, operate) or theirs, typed=scene.in_service,
            says="It is in service, and MAAS's hardware tests reboot it.",
        ),
        Offer(
            "release", "Release", f"{here}/release", why_not(RELEASABLE, operate) or locked, typed=True,
            says="The machine goes back to MAAS's pool. Its agent's key and its tokens stop working at once.",
            not_ours=scene.not_ours,
        ),
    ]  # fmt: skip


def _adoption(scene: Scene) -> list[Offer]:
    """Only where there is a system on it that no agent of ours watches."""
    if scene.status is not MachineStatus.DEPLOYED or scene.in_service:
        return []
    asked = scene.job is not None and scene.job.kind == JobKind.ADOPTION
    waits = asked and bool(scene.busy())
    other = "It belongs to another Gough." if scene.holder is Holder.OTHER_GOUGH else ""
    why_not = scene.refusal(Permission.DEPLOY) or other or ("" if waits else scene.busy())
    label = "Adopt: another command" if waits else "Adopt"
    return [Offer("adopt", label, f"{scene.here}/adopt", why_not, is_primary=not asked)]


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
