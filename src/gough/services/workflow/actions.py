"""What Gough does to the outside for a stage. Each action looks before it leaps, since it may run twice."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from gough.domain.errors import Conflict
from gough.domain.machine_status import MachineStatus as Status
from gough.domain.machines import MachineRecord
from gough.domain.stages import Action
from gough.persistence.models import Job
from gough.ports import Provisioner
from gough.services import machines
from gough.services.context import Use
from gough.services.workflow import journal
from gough.services.workflow.claim import Claim
from gough.services.workflow.orders import Order, load_order
from gough.services.workflow.rendering import render

OWNER_KEY = "gough-deployment"


class NotYet(Exception):
    """Nothing is wrong; the action can go on after `wait`."""

    def __init__(self, reason: str, wait: timedelta = timedelta(seconds=2)) -> None:
        super().__init__(reason)
        self.wait = wait


def submit_deploy(use: Use, claim: Claim, stage: str) -> None:
    """allocate → owner data → deploy, each only if MAAS does not show it as done."""
    order = load_order(use, claim.job_id)
    maas = use.provisioner(order.region)
    machine = maas.machine(order.system_id)
    if not _is_submitted(machine, order):
        _make_ours(maas, claim, order, machine)
        claim.renew()
        machine = maas.deploy(order.system_id, series=order.series, user_data=order.user_data, comment=order.comment)
    _submitted(use, claim, stage, machine)


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


def submit_commission(use: Use, claim: Claim, stage: str) -> None:
    order = load_order(use, claim.job_id)
    maas = use.provisioner(order.region)
    machine = maas.machine(order.system_id)
    if machine.status is not Status.COMMISSIONING:
        machine = maas.commission(order.system_id, skip_tests=bool(order.parameters.get("skip_tests")))
    _submitted(use, claim, stage, machine)


def submit_test(use: Use, claim: Claim, stage: str) -> None:
    order = load_order(use, claim.job_id)
    maas = use.provisioner(order.region)
    machine = maas.machine(order.system_id)
    if machine.status is not Status.TESTING:
        machine = maas.test(order.system_id)
    _submitted(use, claim, stage, machine)


def submit_release(use: Use, claim: Claim, stage: str) -> None:
    order = load_order(use, claim.job_id)
    maas = use.provisioner(order.region)
    machine = maas.machine(order.system_id)
    if machine.status not in (Status.RELEASING, Status.DISK_ERASING, Status.READY):
        erase = bool(order.parameters.get("erase"))
        machine = maas.release(order.system_id, erase=erase, comment=order.comment)
    _submitted(use, claim, stage, machine)


def _submitted(use: Use, claim: Claim, stage: str, machine: MachineRecord) -> None:
    """What MAAS answered, and that the action is done, in one commit."""
    with claim.transaction() as session:
        job = session.get_one(Job, claim.job_id)
        now = use.database.now(session)
        # Observed now, not when asked: a list asked for before this answer must not undo it.
        machines.observe(session, job.machine.region, machine, observed_at=now)
        job.submitted_at = now
        journal.step_of(job, stage).acted = True
        if job.deployment is not None:
            job.deployment.user_data_sealed = None  # MAAS has it; nobody needs it here any more


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
        region = session.get_one(Job, claim.job_id).machine.region
        machines.observe(session, region, machine, observed_at=use.database.now(session))


ACTIONS: Mapping[Action, Callable[[Use, Claim, str], None]] = {
    Action.RENDER: render,
    Action.SUBMIT_DEPLOY: submit_deploy,
    Action.SUBMIT_COMMISSION: submit_commission,
    Action.SUBMIT_TEST: submit_test,
    Action.SUBMIT_RELEASE: submit_release,
}
