"""Which playbook a machine gets, what Ansible is told of the machine, and what came of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from gough.domain import plays
from gough.persistence.models import Deployment, Job, PlaybookRun, TemplateVersion
from gough.ports import Play
from gough.services import machines, ssh_keys
from gough.services.context import Use
from gough.services.templates import source_of
from gough.shared_files import shared

SSH_PORT = 22  # the usual one is not told, so that a site's OpenSSH configuration may say another
KNOWN_HOSTS = "ssh/known_hosts"


def folder(use: Use) -> Path:
    """With `playbooks` and `collections` in it."""
    return use.settings.ansible_dir or shared("ansible")


def chosen(use: Use, template: str) -> str:
    """The playbook that goes with a template; empty where there is none, or Ansible is switched off."""
    name = f"{template}.yml"
    return name if use.settings.ansible and (folder(use) / "playbooks" / name).is_file() else ""


def play_of(use: Use, session: Session, job: Job) -> Play:
    """What stage configure runs on the job's machine."""
    deployment, machine = job.deployment, job.machine
    assert deployment is not None, "only what was deployed is configured"
    source = source_of(session.get_one(TemplateVersion, deployment.template_version_id))
    values = orjson.loads(use.sealer.open_text(deployment.variables_sealed))
    known_hosts = (
        use.settings.data_dir / KNOWN_HOSTS / f"{deployment.id}.{deployment.submission}"
    )  # a reinstalled machine has another key
    known_hosts.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Play(
        playbook=folder(use) / "playbooks" / deployment.playbook,
        hostname=machine.hostname,
        variables={
            "ansible_host": next(iter(machine.ip_addresses), machine.hostname),
            **({"ansible_port": port} if (port := int(values.get("ssh_port") or SSH_PORT)) != SSH_PORT else {}),
            "ansible_user": use.settings.ansible_user,
            "gough_template_variables": values,
            "gough_machine_id": machine.id,
            "gough_hostname": machine.hostname,
            "gough_system_id": machine.system_id,
        },
        groups=plays.groups(
            template=source.name, tags=machine.tags, pool=machine.pool, zone=machine.zone,
            region=machine.region.name, site=machine.site,
        ),
        private_key=ssh_keys.private_key(use, session),
        known_hosts=known_hosts,
    )  # fmt: skip


def runs_of(session: Session, name: str) -> Select[PlaybookRun]:
    """Every run on a machine. Raises NotFound or Conflict."""
    return select(PlaybookRun).where(PlaybookRun.machine_id == machines.find(session, name).id)


def last_on(session: Session, machine_id: str) -> PlaybookRun | None:
    query = select(PlaybookRun).where(PlaybookRun.machine_id == machine_id)
    return session.scalars(query.order_by(PlaybookRun.started_at.desc(), PlaybookRun.id.desc()).limit(1)).first()


def newest(session: Session, deployment_id: str) -> PlaybookRun | None:
    query = select(PlaybookRun).where(PlaybookRun.deployment_id == deployment_id)
    return session.scalars(query.order_by(PlaybookRun.started_at.desc(), PlaybookRun.id.desc()).limit(1)).first()


def facts(session: Session, job: Job, deployment: Deployment) -> Mapping[str, Any]:
    """Of stage configure. Its last run counts until a retry wants another: then the stage has not acted yet."""
    if not deployment.playbook:
        return {}
    acted = any(step.acted for step in job.steps if step.name == "configure")
    run = newest(session, deployment.id) if acted else None
    state = run.state if run is not None else ""
    return {
        "playbooks_wanted": True, "playbooks_converged": state == "converged", "playbooks_failed": state == "failed",
    }  # fmt: skip
