"""A fleet that has measured: machines in service with agents, a day of heartbeats and five weeks of roll-ups."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import insert
from sqlalchemy.orm import Session

from gough.domain.machine_status import MachineStatus
from gough.domain.machines import MachineRecord
from gough.domain.metrics import FIVE_MINUTES, HOUR, Cell, beginning
from gough.domain.service_state import ServiceState
from gough.persistence.models import Agent, AgentSample, Deployment, Job, Machine, MetricRollup, Region
from gough.services import observing
from gough.services.context import Use
from gough.services.heartbeats import pack
from gough.services.rollups import packed

GIB = 1024**3
BOOT = "0f0e0d0c-0b0a-4908-8706-050403020100"
INTERVAL = timedelta(seconds=60)
Silence = tuple[timedelta, timedelta] | None


@dataclass(frozen=True, slots=True)
class Reporter:
    """What a test needs to speak as the agent."""

    machine_id: str
    agent_id: str
    key: str
    sequence: int


def machine(
    use: Use, name: str, *, seed: int = 0, silent: Silence = None
) -> Reporter:  # fmt: skip
    """In service since a year ago. `silent`: from so long ago until so long ago it was not heard."""
    with use.database.write() as session:
        now = use.database.now(session)
        found = _machine(session, name, now)
        key = f"the agent's key of {name}"
        agent = _agent(session, found, key, now)
        ages = [n * INTERVAL for n in range(24 * 60, 0, -1)]
        heard = [age for age in ages if not _is_silent(age, silent)]
        rows = [_sample(agent.id, number, now - age, seed) for number, age in enumerate(heard, start=1)]
        session.execute(insert(AgentSample), rows)
        agent.last_sequence = len(heard)
        agent.last_seen_at = now - INTERVAL
        _rolled_up(session, found.id, FIVE_MINUTES, timedelta(days=2), now, seed, silent)
        _rolled_up(session, found.id, HOUR, timedelta(days=35), now, seed, silent)
        return Reporter(found.id, agent.id, key, len(heard))


def _is_silent(age: timedelta, silent: Silence) -> bool:
    return silent is not None and silent[1] < age < silent[0]


def _sample(agent_id: str, number: int, at: datetime, seed: int) -> dict[str, Any]:
    message = {"sequence": number, "sent_at": at.isoformat(), "boot_id": BOOT, "samples": samples(at, seed)}
    payload = pack(orjson.dumps(message))
    return {"agent_id": agent_id, "sequence": number, "sent_at": at, "received_at": at, "payload": payload}


def samples(at: datetime, seed: int = 0) -> dict[str, Any]:
    """What the collectors say, by the hour of the day."""
    turn, since = at.timestamp() / 86400 * 2 * math.pi, at.timestamp()
    wave = 0.5 + 0.5 * math.sin(turn + seed) * math.cos(turn * 11 + seed)
    return {
        "cpu": {"percent": round(12 + 61 * wave, 1), "iowait_percent": round(6 * wave * wave, 2)},
        "load": {"load_1m": round(0.4 + 5 * wave, 2), "load_5m": round(0.5 + 4 * wave, 2), "load_15m": 2.1},
        "memory": {
            "memory_used_percent": round(41 + 22 * wave, 1), "memory_used_bytes": int((0.41 + 0.22 * wave) * 64 * GIB),
            "memory_total_bytes": 64 * GIB, "swap_used_bytes": int(GIB * wave),
        },
        "disk": {
            "read_bytes": int(since * 900_000 * (1 + seed)), "written_bytes": int(since * 2_300_000),
            "filesystems": [
                _filesystem("/", 40, 0.61), _filesystem("/var/lib/docker", 400, 0.72 + 0.1 * wave),
                _filesystem("/boot", 1, 0.22),
            ],
        },
        "network": {
            "interfaces": [{"received_bytes": int(since * 4_100_000), "sent_bytes": int(since * 1_700_000)}],
        },
        "temperatures": {"sensors": [{"celsius": round(47 + 17 * wave, 1)}]},
        "processes": {"count": 280 + int(40 * wave)},
        "os": {"name": "Ubuntu", "version": "24.04", "kernel": "6.8.0-45-generic"},
        "reboot": {"needed": seed % 2 == 1, "packages": ["linux-image-6.8.0-47-generic", "libc6"]},
        "updates": {"pending": 9, "security_pending": 4 * seed},
    }  # fmt: skip


def _filesystem(mount: str, gib: int, part: float) -> dict[str, Any]:
    return {
        "mountpoint": mount, "total_bytes": gib * GIB, "used_bytes": int(gib * GIB * part),
        "available_bytes": int(gib * GIB * (1 - part)),
    }  # fmt: skip


def _machine(session: Session, name: str, now: datetime) -> Machine:
    region = session.query(Region).first()
    if region is None:
        region = Region(name="lab", url="http://127.0.0.1:9/MAAS/", api_key_sealed="", created_at=now)
        session.add(region)
        session.flush()
    record = MachineRecord(f"sys-{name}", name, MachineStatus.DEPLOYED, cpu_count=16, memory_mib=65536)
    found = observing.observe(session, region, record, observed_at=now)
    found.service, found.service_since, found.power_state = ServiceState.IN_SERVICE.value, now, "on"
    return found


def _agent(session: Session, found: Machine, key: str, now: datetime) -> Agent:
    job = Job(kind="deployment", machine=found, parameters={}, created_by="ada", created_at=now, state="done")
    job.finished_at = now
    deployment = Deployment(job=job, machine_id=found.id, series="noble", variables_sealed="")
    session.add(deployment)
    session.flush()
    agent = Agent(
        machine_id=found.id, deployment_id=deployment.id, key_hash=sha256(key.encode()).hexdigest(), state="online",
        boot_id=BOOT, enrolled_at=now - timedelta(days=365), hostname=found.hostname, version="0.1.0",
    )  # fmt: skip
    session.add(agent)
    session.flush()
    return agent


def _rolled_up(
    session: Session, machine_id: str, step: int, span: timedelta, now: datetime, seed: int, silent: Silence
) -> None:
    rows = []
    at = beginning(now - span, step)
    while at < now:
        said = samples(at, seed)
        values = {
            "cpu": said["cpu"]["percent"], "iowait": said["cpu"]["iowait_percent"], "load": said["load"]["load_1m"],
            "memory": said["memory"]["memory_used_percent"], "swap": said["memory"]["swap_used_bytes"], "disk": 75.0,
            "disk-read": 900_000.0, "disk-written": 2_300_000.0, "net-in": 4_100_000.0, "net-out": 1_700_000.0,
            "temperature": said["temperatures"]["sensors"][0]["celsius"], "processes": said["processes"]["count"],
        }  # fmt: skip
        cells = {name: Cell(value * 0.8, value * 5, value * 1.15, value, 5) for name, value in values.items()}
        if not _is_silent(now - at, silent):
            rows.append({"machine_id": machine_id, "step": step, "at": at, "last_at": at, "payload": packed(cells)})
        at += timedelta(seconds=step)
    session.execute(insert(MetricRollup), rows)
