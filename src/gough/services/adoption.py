"""Bringing a machine in service that somebody else installed: its agent enrols, nothing is reinstalled."""

from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from gough.cloud_init import Delivery, agent_installer, osquery_installer
from gough.domain.attribution import Holder, marked_deployment
from gough.domain.errors import Conflict, Gone, Unauthenticated
from gough.domain.machine_status import MachineStatus
from gough.domain.service_state import ServiceState
from gough.domain.stages import JobKind
from gough.persistence.models import Deployment, Job, Machine, MachineToken
from gough.services import jobs, machines
from gough.services.agents import revoke
from gough.services.attribution import holder
from gough.services.context import Use
from gough.services.delivering import delivery
from gough.services.jobs import Wish
from gough.services.secrets import hash_secret, new_secret

REPORTS_NOTHING = "cloud-init-has-nothing-to-report"  # it ran long ago; this opens no door


@dataclass(frozen=True, slots=True)
class Adoption:
    """`command` is typed on the machine; `script` does the same without a download, through ssh for instance.

    Both carry a secret: whoever has it may enrol one agent as this machine.
    """

    job: Job
    command: str = field(repr=False)
    script: str = field(repr=False)


def adopt(use: Use, name: str, *, by: str) -> Adoption:
    """Ask for the machine to be adopted. Asking again gives a fresh command; the one before stops working.

    Raises NotFound, Misconfigured, or Conflict when the machine is not Deployed or is another Gough's.
    """
    token = new_secret()
    with use.database.write() as session:
        machine = _adoptable(session, name)
        now = use.database.now(session)
        told = delivery(use, machine, {"enrol": token, "report": REPORTS_NOTHING}, session=session)
        _give_up_waiting(use, session, machine, by)
        job = jobs.create(use, session, machine, Wish(JobKind.ADOPTION, by, {}, "adopt"))
        revoke(session, machine.id, now=now)
        deployment = Deployment(
            job_id=job.id, machine_id=machine.id, template_version_id=None, variables_sealed="",
            series=f"{machine.osystem}/{machine.distro_series}",
        )  # fmt: skip
        session.add(deployment)
        session.flush()
        session.add(
            MachineToken(
                token_hash=hash_secret(token), purpose="enrol", deployment_id=deployment.id, machine_id=machine.id,
                created_at=now,
            )
        )  # fmt: skip
    use.waker.wake()
    return Adoption(job, _command(told), _installers(told))


def script_for(use: Use, token: str) -> str:
    """The installer for whoever holds an adoption's token. Raises Unauthenticated, or Gone for a dead token."""
    with use.database.read() as session:
        found = session.get(MachineToken, hash_secret(token))
        deployment = session.get(Deployment, found.deployment_id) if found is not None else None
        if found is None or found.purpose != "enrol" or deployment is None or deployment.template_version_id:
            raise Unauthenticated("This adoption's token is not known.", hint="`gough machine adopt` gives another.")
        if found.revoked_at is not None:
            raise Gone("This adoption's token is no longer good.", hint="`gough machine adopt` gives another.")
        machine = session.get_one(Machine, found.machine_id)
    return _installers(delivery(use, machine, {"enrol": token, "report": REPORTS_NOTHING}))


def _installers(told: Delivery) -> str:
    """The agent's, and osquery's where there is a Fleet: each in a shell of its own, the second after the first."""
    scripts = {"GOUGH_AGENT": agent_installer(told)}
    if told.osquery is None:
        return scripts["GOUGH_AGENT"]
    scripts["GOUGH_OSQUERY"] = osquery_installer(told, told.osquery)
    return "#!/bin/sh\nset -eu\n" + "".join(f"sh <<'{end}'\n{script}{end}\n" for end, script in scripts.items())


def _adoptable(session: Session, name: str) -> Machine:
    machine = machines.find(session, name)
    status = MachineStatus(machine.status)
    if machine.vanished_at is not None:
        raise Conflict(f"MAAS no longer knows {machine.hostname}.", hint="Enlist it again.")
    if status is not MachineStatus.DEPLOYED:
        hint = "Only a machine that is Deployed can be adopted; deploy this one."
        raise Conflict(f"{machine.hostname} is {status.label}; there is no system on it to adopt.", hint=hint)
    if holder(session, machine) is Holder.OTHER_GOUGH:
        marked = marked_deployment(machine.owner_data)
        hint = f"Remove gough-deployment ({marked}) from its workload annotations in MAAS if that Gough is gone."
        raise Conflict(f"{machine.hostname} belongs to another Gough.", hint=hint)
    if machine.service == ServiceState.IN_SERVICE:
        raise Conflict(f"{machine.hostname} is in service already.", hint="There is nothing to do.")
    return machine


def _give_up_waiting(use: Use, session: Session, machine: Machine, by: str) -> None:
    """An adoption that only waits for its command to be run makes way for the new one."""
    waiting = select(Job).where(
        Job.machine_id == machine.id, Job.kind == JobKind.ADOPTION.value, Job.state.in_(("queued", "running"))
    )
    job = session.scalars(waiting).first()
    if job is not None:
        jobs.give_up(use, session, job, by=by)


def _command(told: Delivery) -> str:
    """One line for a root shell. With a CA of one's own, curl is told to trust it."""
    url = f"{told.public_url}/adopt"
    header = f"-H 'Authorization: Bearer {told.enrolment_token}'"
    if told.ca_pem:
        ca = "/run/gough-ca.pem"
        return f"printf '%s' '{told.ca_pem}' > {ca} && curl -fsS --cacert {ca} {header} {url} | sh"
    return f"curl -fsS {header} {url} | sh"
