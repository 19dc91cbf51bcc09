"""What cloud-init reports from a machine's first boot.

Source: cloud-init 25.1, `cloudinit/reporting/events.py`: {name, description, event_type, origin, timestamp, result?}.
It forgets a report that nobody took; how the boot ended, the agent tells too.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from gough.domain.clocks import is_far_off
from gough.domain.errors import Invalid, Unauthenticated
from gough.domain.timeline import Level, Source, TimelineEvent
from gough.persistence.models import Deployment, Job, MachineEvent, MachineToken
from gough.services import clocks, progress, timeline
from gough.services.context import Use
from gough.services.reconsider import reconsider
from gough.services.secrets import hash_secret
from gough.services.waking import signal_machine

FINAL = "modules-final"  # the last stage of a boot; its finish is the end of the first boot
ENDS = {"done": ("SUCCESS", Level.INFO), "error": ("FAIL", Level.ERROR)}  # by what `cloud-init status` says


def accept(use: Use, token: str, report: Mapping[str, Any]) -> None:
    """Record one report. Raises Unauthenticated for an unknown or dead token, Invalid for another shape."""
    name, event_type = report.get("name"), report.get("event_type")
    if not isinstance(name, str) or not isinstance(event_type, str):
        raise Invalid("A report has at least `name` and `event_type`, both text.")
    with use.database.write() as session:
        known = session.get(MachineToken, hash_secret(token))
        if known is None or known.purpose != "report" or known.revoked_at is not None:
            raise Unauthenticated("This reporting token is not known, or its deployment is over.")
        deployment, now = session.get_one(Deployment, known.deployment_id), use.database.now(session)
        result = str(report.get("result") or "")
        if _record(session, deployment, report, result, now) and event_type == "finish":
            _conclude(session, deployment, name, now)
        signal_machine(session, deployment.machine_id, now=now)
        said = f"{name} {event_type} {result}".strip()
        progress.tell(session, deployment.machine_id, progress.BY_CLOUD_INIT, said)
    use.waker.wake()


def hear_agent(session: Session, deployment: Deployment, said: object, now: datetime) -> bool:
    """The end of the first boot, from the agent's `cloud_init` sample. Whether it was news.

    It is when cloud-init's own report got lost, and when the boot failed: a report does not tell why, the agent does.
    """
    status = str(said.get("status")) if isinstance(said, Mapping) else ""
    failed_before = deployment.cloud_init_failed_at is not None
    if status not in ENDS or deployment.cloud_init_finished_at or (failed_before and status == "done"):
        return False
    result, level = ENDS[status]
    errors = said.get("errors") if isinstance(said, Mapping) else None
    words = "; ".join(str(error) for error in errors or ()) or "cloud-init's own report did not arrive"
    event = TimelineEvent(Source.CLOUD_INIT, FINAL, f"finish {result}: the agent tells: {words[:1000]}", now, level)
    timeline.record(session, deployment.machine_id, event, now=now, job_id=deployment.job_id)
    if status == "done":
        deployment.cloud_init_finished_at = now
    elif failed_before:
        reconsider(session, deployment.job, "first-boot", now)
    else:
        deployment.cloud_init_failed_at = now
    signal_machine(session, deployment.machine_id, now=now)
    return True


def _record(session: Session, deployment: Deployment, report: Mapping[str, Any], result: str, now: datetime) -> bool:
    """Whether it is new: cloud-init repeats a report whose answer it did not get."""
    name, event_type = str(report["name"])[:100], str(report["event_type"])[:20]
    key = f"ci:{deployment.id}:{hash_secret(orjson.dumps(dict(report), option=orjson.OPT_SORT_KEYS).decode())[:32]}"
    if session.query(MachineEvent.id).filter_by(dedup_key=key).first() is not None:
        return False
    said = f"{event_type} {result}".strip() + f": {str(report.get('description') or '')[:1000]}"
    detailed = "/" in name or event_type == "start"
    level = Level.ERROR if result == "FAIL" else Level.DEBUG if detailed else Level.INFO
    skew = _skew(report, now)
    if is_far_off(skew):
        clocks.tell(session, deployment.machine_id, skew, now)
        skew = 0  # its own time of it is worth nothing: ours is taken
    event = TimelineEvent(Source.CLOUD_INIT, name, said, now + timedelta(seconds=skew), level)
    timeline.record(session, deployment.machine_id, event, now=now, job_id=deployment.job_id, dedup_key=key)
    return True


def _conclude(session: Session, deployment: Deployment, name: str, now: datetime) -> None:
    """A failed part fails the boot at its end, when every part has spoken: the evidence is complete then."""
    if name != FINAL:
        return
    if _a_part_failed(session, deployment.job):
        deployment.cloud_init_failed_at = now
    else:
        deployment.cloud_init_finished_at, deployment.cloud_init_failed_at = now, None


def _a_part_failed(session: Session, job: Job) -> bool:
    """Whether a part of the boot that has just ended did; the boots before it ended with a FINAL of their own."""
    finished = select(MachineEvent.kind, MachineEvent.message).where(
        MachineEvent.job_id == job.id,
        MachineEvent.id > job.events_after,
        MachineEvent.source == Source.CLOUD_INIT.value,
        MachineEvent.message.startswith("finish"),
    )
    parts = session.execute(finished.order_by(MachineEvent.id.desc())).all()
    this_boot = [parts[0], *takewhile(lambda part: part.kind != FINAL, parts[1:])]
    return any(part.message.startswith("finish FAIL") and "/" not in part.kind for part in this_boot)


def _skew(report: Mapping[str, Any], now: datetime) -> float:
    """Seconds that the machine's clock is ahead of ours, less the time that the report took; 0 when it does not say."""
    stamp = report.get("timestamp")
    return stamp - now.timestamp() if isinstance(stamp, int | float) else 0.0
