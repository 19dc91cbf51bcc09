"""What Gough does to the outside for a stage. Each action looks before it leaps, since it may run twice.

What it learned it returns to be recorded, in one commit with the decision that follows from it.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from gough.domain.attribution import OWNER_KEY, marked_deployment
from gough.domain.errors import Conflict
from gough.domain.machine_options import CommissionOptions, ReleaseOptions, ScriptOptions
from gough.domain.machine_status import MachineStatus as Status
from gough.domain.machines import MachineRecord
from gough.domain.stages import Action
from gough.persistence.models import Job
from gough.ports import Provisioner
from gough.services import observing
from gough.services.context import Use
from gough.services.workflow import journal, preparing
from gough.services.workflow.claim import Claim, Record
from gough.services.workflow.orders import Order, load_order
from gough.services.workflow.playing import run_playbook
from gough.services.workflow.rendering import render


class NotYet(Exception):
    """Nothing is wrong; the action can go on after `wait`."""

    def __init__(self, reason: str, wait: timedelta = timedelta(seconds=2)) -> None:
        super().__init__(reason)
        self.wait = wait


def submit_deploy(use: Use, claim: Claim, stage: str) -> Record:
    """allocate → owner data → deploy, each only if MAAS does not show it as done."""
    order = load_order(use, claim.job_id)
    maas = use.provisioner(order.region)
    machine = maas.machine(order.system_id)
    if not _is_submitted(machine, order):
        _make_ours(maas, claim, order, machine)
        if order.options:
            claim.renew()
            preparing.apply(maas, machine, order.options)
        claim.renew()
        machine = maas.deploy(
            order.system_id, series=order.series, user_data=order.user_data, kernel=order.options.kernel,
            comment=order.comment,
        )  # fmt: skip
    return _submitted(stage, machine)


def _is_submitted(machine: MachineRecord, order: Order) -> bool:
    ours = machine.owner_data.get(OWNER_KEY) == order.marker
    return ours and machine.status in (Status.DEPLOYING, Status.DEPLOYED, Status.FAILED_DEPLOYMENT)


def _make_ours(maas: Provisioner, claim: Claim, order: Order, machine: MachineRecord) -> None:
    """Leave the machine allocated to us and marked with this submission."""
    marker = machine.owner_data.get(OWNER_KEY, "")
    earlier = marker.startswith(f"{order.deployment_id}.") and marker != order.marker
    match machine.status:
        case Status.READY:
            claim.renew()
            preparing.lay_out(maas, order.system_id, order.options)
            maas.allocate(order.system_id, agent_name=order.deployment_id, comment=order.comment)
        case Status.ALLOCATED if earlier or marker == order.marker:
            pass
        case Status.ALLOCATED if maas.is_allocated_as(order.system_id, order.deployment_id):
            pass  # we died between allocating and marking
        case Status.RELEASING | Status.DISK_ERASING:
            raise NotYet("the machine is being released")
        case Status.DEPLOYING | Status.DEPLOYED | Status.FAILED_DEPLOYMENT if earlier:
            claim.renew()
            maas.release(order.system_id, comment=f"{order.comment}: again")
            raise NotYet("released for another try")
        case status:
            raise Conflict(
                f"MAAS: {machine.hostname} is {status.label}, owned by {machine.owner or 'nobody'}; it must be Ready.",
                hint="Somebody else uses the machine. Release it in MAAS, or choose another.",
            )
    claim.renew()
    maas.set_owner_data(order.system_id, {OWNER_KEY: order.marker})


def submit_commission(use: Use, claim: Claim, stage: str) -> Record:
    order = load_order(use, claim.job_id)
    maas = use.provisioner(order.region)
    machine = maas.machine(order.system_id)
    if machine.status is not Status.COMMISSIONING:
        machine = maas.commission(order.system_id, CommissionOptions.from_json(order.parameters))
    return _submitted(stage, machine)


def submit_test(use: Use, claim: Claim, stage: str) -> Record:
    order = load_order(use, claim.job_id)
    maas = use.provisioner(order.region)
    machine = maas.machine(order.system_id)
    if machine.status is not Status.TESTING:
        machine = maas.test(order.system_id, ScriptOptions.from_json(order.parameters))
    return _submitted(stage, machine)


def submit_release(use: Use, claim: Claim, stage: str) -> Record:
    order = load_order(use, claim.job_id)
    maas = use.provisioner(order.region)
    machine = maas.machine(order.system_id)
    if machine.status not in (Status.RELEASING, Status.DISK_ERASING, Status.READY):
        _require_same_holder(machine, order)
        options = ReleaseOptions.from_json(order.parameters)
        machine = maas.release(order.system_id, options, comment=order.comment)
    return _submitted(stage, machine)


def _require_same_holder(machine: MachineRecord, order: Order) -> None:
    """Whoever took the machine after the release was asked for keeps it. Raises Conflict."""
    held = order.parameters.get("held")
    now = {"owner": machine.owner, "marked": marked_deployment(machine.owner_data)}
    if held is not None and held != now:
        raise Conflict(
            f"MAAS: {machine.hostname} belongs to {machine.owner or 'nobody'} now, not to {held['owner'] or 'nobody'}.",
            hint="Somebody took it meanwhile; ask them, then ask for the release again.",
        )


def mark_adopted(use: Use, claim: Claim, stage: str) -> Record:
    """Write into MAAS whose machine it is now; nothing else about it is changed."""
    order = load_order(use, claim.job_id)
    maas = use.provisioner(order.region)
    machine = maas.machine(order.system_id)
    if machine.owner_data.get(OWNER_KEY) != order.marker:
        machine = maas.set_owner_data(order.system_id, {OWNER_KEY: order.marker})
    return _submitted(stage, machine)


def protect(use: Use, claim: Claim, stage: str) -> Record:
    """Lock the machine in MAAS, where that was wished."""
    order = load_order(use, claim.job_id)
    maas = use.provisioner(order.region)
    machine = maas.machine(order.system_id)
    if not machine.locked:
        machine = maas.lock(order.system_id, comment=order.comment)

    def record(session: Session, job: Job, now: datetime) -> None:
        observing.observe(session, job.machine.region, machine, observed_at=now)
        journal.step_of(job, stage).acted = True

    return record


def _submitted(stage: str, machine: MachineRecord) -> Record:
    """What MAAS answered, and that the action is done."""

    def record(session: Session, job: Job, now: datetime) -> None:
        # Observed now, not when asked: a list asked for before this answer must not undo it.
        observing.observe(session, job.machine.region, machine, observed_at=now)
        job.submitted_at = now
        journal.step_of(job, stage).acted = True
        if job.deployment is not None:
            job.deployment.user_data_sealed = None  # MAAS has it; nobody needs it here any more

    return record


def abandon(use: Use, claim: Claim) -> None:
    """For a cancelled job: stop what MAAS is doing for it, where it still is."""
    order = load_order(use, claim.job_id)
    if not (order.submitted or order.user_data):
        return  # nothing can have reached MAAS yet
    maas = use.provisioner(order.region)
    machine = maas.machine(order.system_id)
    ours = order.submitted or machine.owner_data.get(OWNER_KEY) == order.marker  # the answer may have got lost
    if not ours or machine.status not in (Status.DEPLOYING, Status.COMMISSIONING, Status.TESTING):
        return
    claim.renew()
    machine = maas.abort(order.system_id, comment=f"{order.comment} cancelled")
    with claim.transaction() as session:
        region = claim.job(session).machine.region
        observing.observe(session, region, machine, observed_at=claim.now(session))


ACTIONS: Mapping[Action, Callable[[Use, Claim, str], Record]] = {
    Action.RENDER: render,
    Action.SUBMIT_DEPLOY: submit_deploy,
    Action.SUBMIT_COMMISSION: submit_commission,
    Action.SUBMIT_TEST: submit_test,
    Action.SUBMIT_RELEASE: submit_release,
    Action.MARK_ADOPTED: mark_adopted,
    Action.PROTECT: protect,
    Action.RUN_PLAYBOOK: run_playbook,
}
