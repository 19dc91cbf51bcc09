"""A site in which every page has something to show, in every state: rows as the use cases would have left them."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from gough.bootstrap import Application
from gough.domain.agent_conditions import CLOCK
from gough.domain.machine_status import MachineStatus as Status
from gough.domain.machines import MachineRecord
from gough.domain.service_state import ServiceState
from gough.domain.stages import TABLES, JobKind
from gough.domain.windows import Window
from gough.persistence.models import (
    Agent,
    Bulk,
    BulkItem,
    Deployment,
    FleetHost,
    FleetServer,
    Job,
    JobLog,
    JobStep,
    Machine,
    PlaybookRun,
    Policy,
    PolicyResult,
    Region,
)  # fmt: skip
from gough.services import observing, windows
from gough.services.context import Use

REASON = "install ran past its deadline: The installer started and then fell silent."
NEXT = "Look at the machine's console; power-cycle it, then retry (the disk is wiped)."
DIAGNOSIS = {
    "stage": "install", "cause": "install-stuck", "summary": "The installer started and then fell silent.",
    "evidence": ["20:28:05 maas Installing OS"], "next_action": NEXT,
}  # fmt: skip


def furnish(application: Application) -> None:
    """Nothing of it moves: its jobs want no worker, and its region does not answer."""
    use = application.use
    with use.database.write() as session:
        now = use.database.now(session)
        region = _region(use, session, now)
        found = {name: _machine(session, region, name, status, now) for name, status in MACHINES.items()}
        done = [_job(session, found[name], JobKind.DEPLOYMENT, "done", now) for name in ("web-01", "web-02", "web-03")]
        for job, condition in zip(done, ({}, {CLOCK: {"reason": "its clock is 90 s fast"}}, {}), strict=True):
            _agent(session, job, "offline" if job.machine.hostname == "web-03" else "online", condition, now)
        failed = _job(session, found["stuck"], JobKind.DEPLOYMENT, "failed", now)
        failed.diagnosis = DIAGNOSIS
        running = _job(session, found["busy"], JobKind.COMMISSION, "running", now)
        _job(session, found["queued"], JobKind.COMMISSION, "queued", now)
        _bulk(session, [*done, failed, running], now)
        _service(found["stuck"], ServiceState.ATTENTION, REASON, NEXT)
        _service(found["busy"], ServiceState.IN_PROGRESS, "commission: commission", "")
        _fleet(use, session, done[0].machine, now)
        _run(session, done[0], now)
        for job in done:
            _service(job.machine, ServiceState.IN_SERVICE, "", "")
    windows.add(use, Window("nightly", (5, 6), "06:00", 120, "Europe/Oslo"), {"pool": ["gold"]}, by="ada")


MACHINES = {
    "web-01": Status.DEPLOYED, "web-02": Status.DEPLOYED, "web-03": Status.DEPLOYED, "stuck": Status.FAILED_DEPLOYMENT,
    "busy": Status.COMMISSIONING, "queued": Status.NEW, "free-01": Status.READY, "free-02": Status.READY,
}  # fmt: skip


def _fleet(use: Use, session: Session, machine: Machine, now: datetime) -> None:
    """A server with two hosts, one of them a machine; a critical policy fails on that one."""
    server = FleetServer(
        name="main", url="https://127.0.0.1:9", token_sealed=use.sealer.seal_text("a-token-of-a-test"), created_at=now,
        health="ok", version="4.86.2", username="gough", polled_at=now, full_at=now,
    )  # fmt: skip
    session.add(server)
    session.flush()
    known = {"server_id": server.id, "seen_at": now, "observed_at": now, "os_version": "Ubuntu 24.04"}
    hosts = [
        FleetHost(
            host_id=1, hostname=machine.hostname, status="online", failing=1, machine_id=machine.id, binding="uuid",
            osquery_version="5.17.0", **known,
        ),
        FleetHost(host_id=2, hostname="laptop", status="offline", binding="none", **known),
    ]  # fmt: skip
    policies = [
        Policy(
            server_id=server.id, policy_id=1, name="SSH refuses passwords", query="SELECT 1;", critical=True,
            description="Passwords can be guessed.", resolution="PasswordAuthentication no", pack="ubuntu-24.04",
        ),
        Policy(server_id=server.id, policy_id=2, name="The firewall is on", query="SELECT 1;"),
    ]  # fmt: skip
    session.add_all([*hosts, *policies])
    session.flush()
    verdicts = (("fail", "pass"), ("pass", "unknown"))
    for policy, row in zip(policies, verdicts, strict=True):
        for host, verdict in zip(hosts, row, strict=True):
            session.add(PolicyResult(policy_id=policy.id, host_id=host.id, verdict=verdict, since=now))


def _run(session: Session, job: Job, now: datetime) -> None:
    assert job.deployment is not None
    session.add(
        PlaybookRun(
            machine_id=job.machine_id, deployment_id=job.deployment.id, playbook="docker-host.yml", state="failed",
            started_at=now, finished_at=now, recap={"ok": 17, "changed": 4, "failed": 1},
            said="Install Docker: No package matching 'docker.io' is available",
        )
    )  # fmt: skip


def _region(use: Use, session: Session, now: datetime) -> Region:
    key = use.sealer.seal_text("consumerkeyofatest:tokenkeyofatest:tokensecretofatest")
    region = Region(name="lab", url="http://127.0.0.1:9/MAAS/", api_key_sealed=key, created_at=now, max_in_flight=4)
    session.add(region)
    session.flush()
    return region


def _machine(session: Session, region: Region, name: str, status: Status, now: datetime) -> Machine:
    number = [*MACHINES].index(name) + 1
    record = MachineRecord(
        f"sys{number}", name, status, architecture="amd64/generic", cpu_count=8, memory_mib=16384, power_state="on",
        ip_addresses=(f"10.0.0.{number}",), mac_addresses=(f"52:54:00:00:00:0{number}",), tags=("gpu",) * (number % 2),
        zone=f"zone-{number % 2}", pool="gold" if number % 3 else "default", owner="",
    )  # fmt: skip
    return observing.observe(session, region, record, observed_at=now)


def _job(session: Session, machine: Machine, kind: JobKind, state: str, now: datetime) -> Job:
    """One that failed did at its third stage, one that runs is at its second."""
    ended = {"done": len(TABLES[kind]), "failed": 2, "running": 1, "queued": 0}[state]
    job = Job(
        kind=kind.value, machine=machine, state=state, created_by="ada", created_at=now - timedelta(minutes=9),
        started_at=now, parameters={"template": "docker-host@1"} if kind is JobKind.DEPLOYMENT else {},
        finished_at=now if state in ("done", "failed") else None,
    )  # fmt: skip
    for position, stage in enumerate(TABLES[kind]):
        step = JobStep(name=stage.name, position=position, started_at=now - timedelta(minutes=2), finished_at=now)
        if position < ended:
            step.state, step.outcome = "done", "done"
        elif position == ended and state == "failed":
            step.state, step.outcome, step.cause = "failed", "overdue", "install-stuck"
        elif position == ended and state == "running":
            step.state, step.finished_at, step.deadline_at = "running", None, now + timedelta(minutes=20)
            step.progress = "smartctl-validate on sda"
        else:
            step.state, step.started_at, step.finished_at = "pending", None, None
        job.steps.append(step)
    session.add(job)
    session.flush()
    session.add(JobLog(job_id=job.id, at=now, level="info", step=job.steps[0].name, message=f"{kind} begins"))
    return job


def _agent(session: Session, job: Job, state: str, conditions: dict[str, dict[str, str]], now: datetime) -> None:
    deployment = Deployment(job=job, machine_id=job.machine_id, variables_sealed="", series="ubuntu/noble")
    session.add(deployment)
    session.flush()
    conditions = {
        name: {**said, "since": now.isoformat(), "seen": now.isoformat()} for name, said in conditions.items()
    }
    session.add(
        Agent(
            machine_id=job.machine_id, deployment_id=deployment.id, key_hash=job.id, state=state, version="0.1.0",
            enrolled_at=now, last_seen_at=now - timedelta(hours=1), conditions=conditions,
        )
    )  # fmt: skip


def _bulk(session: Session, jobs: list[Job], now: datetime) -> None:
    bulk = Bulk(
        action=JobKind.DEPLOYMENT.value, state="stopped", reason="1 failure", max_in_flight=2, stop_after=1,
        parameters_shown={"template": "docker-host@1"}, created_by="ada", created_at=now, finished_at=now,
    )  # fmt: skip
    states = ("done", "done", "refused", "failed", "skipped")
    for position, (job, state) in enumerate(zip(jobs, states, strict=True)):
        reason = "" if state == "done" else "=cmd|' /C calc'!A0"
        bulk.items.append(BulkItem(position=position, machine=job.machine, job=job, state=state, reason=reason))
    session.add(bulk)


def _service(machine: Machine, state: ServiceState, reason: str, next_action: str) -> None:
    machine.service, machine.reason, machine.next_action = state.value, reason, next_action
