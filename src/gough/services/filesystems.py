"""How full each filesystem of a machine was, from the samples themselves: roll-ups keep the fullest only."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gough.domain.metrics import Cell, full
from gough.persistence.models import Agent, AgentSample
from gough.services.heartbeats import unpack
from gough.services.metrics import Points
from gough.services.rollups import time_of

MOST = 6


def fullest(session: Session, machine_id: str, begin: datetime, end: datetime) -> dict[str, Points]:
    """{mount point: percent of what users may fill}, those that were fullest last, first; as far back as samples go."""
    query = select(AgentSample, Agent.clock_skew_seconds).join(Agent, Agent.id == AgentSample.agent_id)
    mine = query.where(Agent.machine_id == machine_id, AgentSample.received_at >= begin)
    found: dict[str, Points] = {}
    for sample, skew in session.execute(mine.order_by(AgentSample.sent_at)):
        at = time_of(sample.sent_at, sample.received_at, skew)
        if begin <= at < end:
            for mount, percent in _filled(unpack(sample.payload).get("samples")):
                found.setdefault(mount, []).append((at, Cell.of(percent)))
    order = sorted(found, key=lambda mount: (-found[mount][-1][1].last, mount))
    return {mount: found[mount] for mount in order[:MOST]}


def _filled(samples: Any) -> Iterator[tuple[str, float]]:
    disk = samples.get("disk") if isinstance(samples, Mapping) else None
    filesystems = disk.get("filesystems") if isinstance(disk, Mapping) else None
    for each in filesystems if isinstance(filesystems, list) else ():
        percent = full(each) if isinstance(each, Mapping) else None
        if percent is not None:
            yield str(each.get("mountpoint")), percent
