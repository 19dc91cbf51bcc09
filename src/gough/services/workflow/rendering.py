"""The action of stage validate: user-data for the very machine, checked before MAAS is told anything."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy.orm import Session

from gough.cloud_init.delivery import Delivery
from gough.cloud_init.machine import MachineContext
from gough.cloud_init.prepare import Prepared, prepare
from gough.domain.errors import Invalid, Misconfigured, Problem
from gough.domain.timeline import GoughEvent, Level
from gough.persistence.models import Deployment, Job, Machine, MachineToken, TemplateVersion
from gough.services.agents import revoke
from gough.services.context import Use
from gough.services.secrets import hash_secret, new_secret
from gough.services.templates import source_of
from gough.services.workflow import journal
from gough.services.workflow.claim import Claim


def render(use: Use, claim: Claim, stage: str) -> None:
    """Render, check, compile; keep the result sealed and what a person may see of it."""
    with use.database.read() as session:
        job = session.get_one(Job, claim.job_id)
        deployment, machine = _deployment(job), job.machine
        source = source_of(session.get_one(TemplateVersion, deployment.template_version_id))
        values = orjson.loads(use.sealer.open_text(deployment.variables_sealed))
    tokens = {"enrol": new_secret(), "report": new_secret()}
    try:
        made = prepare(source, values, _context(machine), _delivery(use, machine, tokens))
    except Invalid as error:
        problems = error.problems or (Problem("template", str(error)),)
        with claim.transaction() as session:
            _reject(session, session.get_one(Job, claim.job_id), stage, problems, use.database.now(session))
        return
    with claim.transaction() as session:
        job = session.get_one(Job, claim.job_id)
        _accept(use, session, job, stage, made, tokens)


def _accept(use: Use, session: Session, job: Job, stage: str, made: Prepared, tokens: Mapping[str, str]) -> None:
    """The tokens are in the database before any machine can hold them; those of earlier installations end here."""
    deployment, now = _deployment(job), use.database.now(session)
    deployment.user_data_sealed = use.sealer.seal(made.user_data)
    deployment.user_data_redacted, deployment.user_data_sha256 = made.redacted, made.sha256
    deployment.findings = [_finding(f.severity.value, f.problem) for f in made.findings]
    revoke(session, job.machine_id, now=now)
    for purpose, token in tokens.items():
        session.add(
            MachineToken(
                token_hash=hash_secret(token), purpose=purpose, deployment_id=deployment.id,
                machine_id=job.machine_id, created_at=now,
            )
        )  # fmt: skip
    journal.step_of(job, stage).acted = True


def _reject(session: Session, job: Job, stage: str, problems: Sequence[Problem], now: datetime) -> None:
    _deployment(job).findings = [_finding("error", problem) for problem in problems]
    for problem in problems:
        said = f"{problem.pointer}: {problem.message}"
        journal.note(session, job, GoughEvent.FINDING, said, now=now, step=stage, level=Level.ERROR)


def _finding(severity: str, problem: Problem) -> dict[str, Any]:
    return {"severity": severity, "pointer": problem.pointer, "message": problem.message}


def _delivery(use: Use, machine: Machine, tokens: Mapping[str, str]) -> Delivery:
    settings = use.settings
    if not settings.public_url:
        raise Misconfigured(
            "GOUGH_PUBLIC_URL is not set, so servers would not know where to report.",
            hint="Set it to the address servers reach Gough at, then retry from stage validate.",
        )
    return Delivery(
        public_url=settings.public_url,
        report_token=tokens["report"],
        enrolment_token=tokens["enrol"],
        server_id=machine.id,
        interval_seconds=max(1, round(settings.agent_interval_seconds)),
        ca_pem=settings.ca_file.read_text(encoding="ascii") if settings.ca_file else "",
        agent_checksums=use.agent_checksums(),
        allow_http=settings.allow_http,
    )


def _context(machine: Machine) -> MachineContext:
    return MachineContext(
        hostname=machine.hostname, fqdn=machine.fqdn or machine.hostname, system_id=machine.system_id,
        architecture=machine.architecture.partition("/")[0], zone=machine.zone, pool=machine.pool,
        tags=tuple(machine.tags),
    )  # fmt: skip


def _deployment(job: Job) -> Deployment:
    if job.deployment is None:
        raise Invalid(f"Job {job.id} deploys nothing.")
    return job.deployment
