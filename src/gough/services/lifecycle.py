"""What people ask of a machine: deploy, commission, test, release."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from gough.cloud_init import TemplateSource
from gough.domain.attribution import Holder, marked_deployment
from gough.domain.deploy_options import AS_IT_IS, DeployOptions, check_options
from gough.domain.errors import Conflict, Invalid
from gough.domain.machine_options import (
    COMMISSION_AS_USUAL,
    RELEASE_AS_USUAL,
    TEST_AS_USUAL,
    CommissionOptions,
    ReleaseOptions,
    ScriptOptions,
    check_scripts,
)
from gough.domain.machine_status import COMMISSIONABLE, DEPLOYABLE, RELEASABLE, TESTABLE
from gough.domain.machine_status import MachineStatus as Status
from gough.domain.priorities import Priority
from gough.domain.stages import JobKind
from gough.domain.variables import check_values, secret_names
from gough.persistence.models import Deployment, Job, Machine, TemplateVersion
from gough.services import jobs, machines, templates
from gough.services.agents import revoke
from gough.services.attribution import holder
from gough.services.context import Use
from gough.services.jobs import Wish

USUAL = Priority.NORMAL


@dataclass(frozen=True, slots=True)
class Plan:
    """What shall be deployed: a template (`docker-host`, `docker-host@2`), its variables, and MAAS's own choices."""

    template: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    series: str = ""
    options: DeployOptions = AS_IT_IS


def deploy(use: Use, name: str, plan: Plan, *, by: str, priority: Priority = USUAL) -> Job:
    """Deploy to a machine. Raises NotFound, Invalid (every wrong variable at once) or Conflict; nothing was changed."""
    return _in_one(use, lambda session: request_deployment(use, session, name, plan, by=by, priority=priority))


def request_deployment(
    use: Use, session: Session, name: str, plan: Plan, *, by: str, priority: Priority = USUAL
) -> Job:
    """As `deploy`, in the caller's transaction."""
    machine = deployable(session, name)
    version, source, values = check_plan(session, plan)
    parameters: dict[str, Any] = {"template": version.label}
    if plan.options:
        parameters["options"] = plan.options.as_json()
    wish = Wish(JobKind.DEPLOYMENT, by, parameters, f"deploy {version.label}", priority)
    job = jobs.create(use, session, machine, wish)
    secret = secret_names(source.variables)
    session.add(
        Deployment(
            job_id=job.id, machine_id=machine.id, template_version_id=version.id,
            series=_full_series(plan.series or source.series),
            variables_sealed=use.sealer.seal_text(orjson.dumps(values).decode()),
            variables_shown={k: "***" if k in secret else v for k, v in values.items()},
        )
    )  # fmt: skip
    return job


def check_plan(session: Session, plan: Plan) -> tuple[TemplateVersion, TemplateSource, dict[str, Any]]:
    """Whether the plan could be carried out on some machine. Raises NotFound, or Invalid with every wrong variable."""
    check_options(plan.options)
    version = templates.find_version(session, plan.template)
    source = templates.source_of(version)
    values, problems = check_values(source.variables, plan.variables)
    if problems:
        raise Invalid(f"The variables do not fit template {version.label}.", problems=problems)
    return version, source, values


def deployable(session: Session, name: str) -> Machine:
    """The machine, if it could be deployed now. Raises NotFound or Conflict."""
    return ready_for(session, name, JobKind.DEPLOYMENT)


def commission(
    use: Use, name: str, options: CommissionOptions = COMMISSION_AS_USUAL, *, by: str, priority: Priority = USUAL
) -> Job:
    """Raises NotFound, Invalid or Conflict."""
    return _in_one(use, lambda session: request_commission(use, session, name, options, by=by, priority=priority))


def request_commission(
    use: Use, session: Session, name: str, options: CommissionOptions, *, by: str, priority: Priority = USUAL
) -> Job:
    check_scripts(options)
    machine = ready_for(session, name, JobKind.COMMISSION)
    wish = Wish(JobKind.COMMISSION, by, options.as_json(), "commission", priority)
    return jobs.create(use, session, machine, wish)


def test(use: Use, name: str, options: ScriptOptions = TEST_AS_USUAL, *, by: str, priority: Priority = USUAL) -> Job:
    """Raises NotFound, Invalid or Conflict."""
    return _in_one(use, lambda session: request_test(use, session, name, options, by=by, priority=priority))


def request_test(
    use: Use, session: Session, name: str, options: ScriptOptions, *, by: str, priority: Priority = USUAL
) -> Job:
    check_scripts(options)
    machine = ready_for(session, name, JobKind.TEST)
    require_ours(session, machine)  # a test reboots it
    return jobs.create(use, session, machine, Wish(JobKind.TEST, by, options.as_json(), "test", priority))


def release(
    use: Use, name: str, options: ReleaseOptions = RELEASE_AS_USUAL, *, by: str, not_ours: bool = False,
    priority: Priority = USUAL,
) -> Job:  # fmt: skip
    """Give the machine back to MAAS. Its agent's key and its tokens die with this.

    `not_ours`: yes, although somebody else deployed it.
    """
    return _in_one(
        use,
        lambda session: request_release(use, session, name, options, by=by, not_ours=not_ours, priority=priority),
    )


def request_release(
    use: Use, session: Session, name: str, options: ReleaseOptions, *, by: str, not_ours: bool = False,
    priority: Priority = USUAL,
) -> Job:  # fmt: skip
    machine = ready_for(session, name, JobKind.RELEASE)
    if not not_ours:
        require_ours(session, machine)
    held = {"owner": machine.owner, "marked": marked_deployment(machine.owner_data)}
    said = f"release and erase ({options.erase.value})" if options.erases else "release"
    kind = JobKind.ERASURE if options.erases else JobKind.RELEASE
    wish = Wish(kind, by, {**options.as_json(), "held": held}, said, priority)
    job = jobs.create(use, session, machine, wish)
    revoke(session, machine.id, now=use.database.now(session))
    return job


def latest_deployment(session: Session, machine_id: str) -> Deployment | None:
    query = select(Deployment).join(Job).where(Deployment.machine_id == machine_id)
    return session.scalars(query.order_by(Job.created_at.desc(), Job.id.desc()).limit(1)).one_or_none()


@dataclass(frozen=True, slots=True)
class Readiness:
    """From which statuses a kind of work can begin, and what to do about the others."""

    allowed: frozenset[Status]
    verb: str
    hint: str = "MAAS does not allow it in this status."


READINESS: Mapping[JobKind, Readiness] = {
    JobKind.DEPLOYMENT: Readiness(DEPLOYABLE, "deployed", "It must be Ready; release or commission it first."),
    JobKind.COMMISSION: Readiness(COMMISSIONABLE, "commissioned"),
    JobKind.TEST: Readiness(TESTABLE, "tested"),
    JobKind.RELEASE: Readiness(RELEASABLE, "released", "Nobody uses it."),
}


def ready_for(session: Session, name: str, kind: JobKind) -> Machine:
    """The machine, if this kind of work could begin on it now. Raises NotFound or Conflict."""
    machine, needed = machines.find(session, name), READINESS[kind]
    status = Status(machine.status)
    if machine.vanished_at is not None:
        raise Conflict(f"MAAS no longer knows {machine.hostname}.", hint="Enlist it again.")
    jobs.require_idle(session, machine)
    if status not in needed.allowed:
        raise Conflict(f"{machine.hostname} is {status.label}; it cannot be {needed.verb} now.", hint=needed.hint)
    if machine.locked and kind is JobKind.RELEASE:
        hint = f"`gough machine unlock {machine.hostname}`, if whoever locked it agrees."
        raise Conflict(f"{machine.hostname} is locked in MAAS.", hint=hint)
    return machine


def require_ours(session: Session, machine: Machine) -> None:
    """What others deployed is theirs; taking it needs a word more."""
    whose = holder(session, machine)
    if whose in (Holder.PERSON, Holder.OTHER_GOUGH):
        who = "another Gough" if whose is Holder.OTHER_GOUGH else f"{machine.owner or 'somebody'}, not Gough"
        raise Conflict(
            f"{machine.hostname} is {Status(machine.status).label} and belongs to {who}.",
            hint="Ask them; then adopt it. All but a test can be had with --not-ours too (in the API: `not_ours`).",
        )


def _in_one(use: Use, request: Callable[[Session], Job]) -> Job:
    with use.database.write() as session:
        job = request(session)
    use.waker.wake()
    return job


def _full_series(series: str) -> str:
    """MAAS takes `noble` too, but names it `ubuntu/noble` in its own answers."""
    return series if "/" in series else f"ubuntu/{series}"
