"""The action of stage validate: user-data for the very machine, checked before MAAS is told anything."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy.orm import Session

from gough.cloud_init import Prepared
from gough.domain.errors import Invalid, Problem
from gough.domain.timeline import GoughEvent, Level
from gough.persistence.models import Deployment, Job, MachineToken, TemplateVersion
from gough.services import playbooks
from gough.services.agents import revoke
from gough.services.context import Use
from gough.services.delivering import prepared
from gough.services.secrets import hash_secret, new_secret
from gough.services.templates import source_of
from gough.services.workflow import journal
from gough.services.workflow.claim import WITH_MACHINE, Claim, Record
from gough.services.workflow.orders import options_of
from gough.services.workflow.preparing import look


def render(use: Use, claim: Claim, stage: str) -> Record:
    """Render, check, compile; keep the result sealed and what a person may see of it."""
    with use.database.read() as session:
        job = session.get_one(Job, claim.job_id, options=WITH_MACHINE)
        deployment, machine = _deployment(job), job.machine
        source = source_of(session.get_one(TemplateVersion, deployment.template_version_id))
        values = orjson.loads(use.sealer.open_text(deployment.variables_sealed))
        options, region = options_of(job), machine.region
    if options and (problems := look(use.provisioner(region), machine.system_id, deployment.series, options)):
        return _rejected(stage, problems)
    tokens = {"enrol": new_secret(), "report": new_secret()}
    try:
        made = prepared(use, machine, source, values, tokens)
    except Invalid as error:
        return _rejected(stage, error.problems or (Problem("template", str(error)),))
    return _accepted(use, stage, made, tokens, playbooks.chosen(use, source.name))


def _accepted(use: Use, stage: str, made: Prepared, tokens: Mapping[str, str], playbook: str) -> Record:
    """The tokens are in the database before any machine can hold them; those of earlier installations end here."""

    def record(session: Session, job: Job, now: datetime) -> None:
        deployment = _deployment(job)
        deployment.user_data_sealed = use.sealer.seal(made.user_data)
        deployment.user_data_redacted, deployment.user_data_sha256 = made.redacted, made.sha256
        deployment.playbook = playbook
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

    return record


def _rejected(stage: str, problems: Sequence[Problem]) -> Record:
    def record(session: Session, job: Job, now: datetime) -> None:
        _deployment(job).findings = [_finding("error", problem) for problem in problems]
        for problem in problems:
            said = f"{problem.pointer}: {problem.message}"
            journal.note(session, job, GoughEvent.FINDING, said, now=now, step=stage, level=Level.ERROR)

    return record


def _finding(severity: str, problem: Problem) -> dict[str, Any]:
    return {"severity": severity, "pointer": problem.pointer, "message": problem.message}


def _deployment(job: Job) -> Deployment:
    if job.deployment is None:
        raise Invalid(f"Job {job.id} deploys nothing.")
    return job.deployment
