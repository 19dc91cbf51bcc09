"""A whole Gough without its web: a database, an emulated MAAS region behind the real client, and the machines in it.

Nothing moves by itself: `poll` follows MAAS once, `work` moves due jobs in this thread, `settle` does both to the end.
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from gough.adapters import fleet
from gough.adapters.maas import MaasClient
from gough.cloud_init.mime import take_apart
from gough.config import read_settings
from gough.domain.machine_options import WITHOUT_TESTS
from gough.domain.machine_status import MachineStatus
from gough.jobs.executor import Executor
from gough.lab.maas import BootTarget, Region
from gough.lab.maas.endpoints import application
from gough.lab.maas.serving import Serving
from gough.persistence.database import Database
from gough.persistence.models import Job, JobStep, Machine, MachineEvent
from gough.persistence.models import Region as RegionRow
from gough.ports import Provisioner
from gough.services import agents, lifecycle, regions, reports, sync, templates
from gough.services.context import Connect, ConnectSecurity, Use
from gough.services.secrets import Sealer
from gough.services.sync.reading import Reading
from gough.services.waking import Bell
from tests.contract.harness import HARDWARE, Switches, eventually
from tests.support.clock import Clock

MAAS_URL = "http://maas.example/MAAS/"
ENVIRONMENT = {"SECRET_KEY": "a secret of at least 32 characters", "GOUGH_PUBLIC_URL": "https://gough.example"}
AGENT = {"gough-agent-linux-x86_64.tar.gz": "a" * 64}
TEMPLATE = {
    "template.yaml": "name: plain\nseries: noble\nvariables:\n  - name: greeting\n    default: hello\n",
    "user-data.yaml": '#cloud-config\nfinal_message: "{{ greeting }}"\n',
}


class Crash(BaseException):
    """The process died here. Nothing in Gough may catch it."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The two secrets that a machine finds in its user-data."""

    report: str = field(repr=False)
    enrol: str = field(repr=False)

    @classmethod
    def of(cls, user_data: bytes) -> "Credentials":
        texts = "\n".join(part.content for part in take_apart(user_data))
        report = re.search(r"/reports/cloud-init/([\w.~-]+)", texts)
        enrol = re.search(r"^ENROLMENT_TOKEN=([\w.~-]+)$", texts, re.MULTILINE)
        assert report and enrol, "the user-data carries no tokens"
        return cls(report[1], enrol[1])


class Site:
    """One region called `lab`, and one template called `plain`."""

    def __init__(
        self, database: Database, clock: Clock, environment: Mapping[str, str] | None = None,
        connect_security: ConnectSecurity = fleet.connect,
    ) -> None:  # fmt: skip
        self._connect_security = connect_security
        self.clock, self.database, self.power = clock, database, Switches()
        self.region = Region(power=self.power, pace=0, clock=clock.seconds)
        self.bell = Bell()
        self.readings: dict[str, Reading | None] = {}
        self.use = self.made_with(database, environment or {})
        self.run_due: Callable[[Use], int] = lambda use: Executor(use, self.bell).run_due()

    def made_with(
        self, database: Database, environment: Mapping[str, str] | None = None, connect: Connect | None = None
    ) -> Use:
        settings = read_settings(ENVIRONMENT | dict(environment or {}))
        return Use(
            settings, database, Sealer(settings.key), connect or self.connect, self.bell, lambda: AGENT,
            connect_security=self._connect_security, timer=self.clock.seconds,
        )  # fmt: skip

    def connect(self, url: str, api_key: str) -> Provisioner:
        transport = httpx.WSGITransport(app=application(self.region))
        return MaasClient(url, api_key, transport=transport, clock=self.clock.seconds, sleep=lambda _: None)

    def close(self) -> None:
        self.region.close()

    def prepare(self, folder: Path) -> None:
        """Register the region and import the template."""
        for name, text in TEMPLATE.items():
            (folder / "plain").mkdir(parents=True, exist_ok=True)
            (folder / "plain" / name).write_text(text)
        templates.import_library(self.use, folder, by="test")
        regions.add(self.use, "lab", MAAS_URL, self.region.api_key)

    @property
    def maas(self) -> Provisioner:
        return self.connect(MAAS_URL, self.region.api_key)

    def maas_of(self, api_key: str) -> Provisioner:
        """The region as somebody else sees it."""
        return self.connect(MAAS_URL, api_key)

    def slow(self, fixed: float = 0.6, per_machine: float = 0.039) -> None:
        """From now on, reading machines takes the time that a real region takes: the clock moves."""
        wait = lambda seconds: self.clock.forward(seconds=seconds)  # noqa: E731
        self.region.desk.serving = Serving(fixed, per_machine, wait=wait)

    # What moves

    def poll(self, use: Use | None = None) -> None:
        """As a follower that remembers what it has read; another one begins at the cursor."""
        if use is None:
            sync.poll_all(self.use, self.readings)
        else:
            sync.poll_all(use)

    def work(self, use: Use | None = None) -> int:
        return self.run_due(use or self.use)

    def settle(self) -> None:
        """Follow MAAS and move jobs until nobody has anything to do at this moment."""
        self.poll()
        while self.work():
            self.poll()

    # The machine's side

    def enlisted(self, hostname: str = "web-1") -> str:
        mac = "52:54:02:" + ":".join(f"{byte:02x}" for byte in secrets.token_bytes(3))
        return self.region.enlist(hostname=hostname, mac_addresses=[mac])

    def ready(self, hostname: str = "web-1") -> str:
        """A commissioned machine that Gough knows."""
        system_id = self.enlisted(hostname)
        self.maas.commission(system_id, WITHOUT_TESTS)
        self.commissions(system_id)
        self.poll()
        return system_id

    def commissions(self, system_id: str) -> None:
        assert self.region.pxe_boot(system_id) is BootTarget.COMMISSIONING
        for name in self.region.pending_scripts(system_id):
            self.region.report_script(system_id, name, 0)
        self.region.finish_commissioning(system_id, HARDWARE)
        self.powered(system_id, "off")

    def commissions_and_tests(self, system_id: str) -> None:
        """As above, for a machine whose tests were asked for too."""
        for _ in ("commissioning", "testing"):
            for name in self.region.pending_scripts(system_id):
                self.region.report_script(system_id, name, 0)
            self.region.finish_commissioning(system_id, HARDWARE)
        self.powered(system_id, "off")

    def powered(self, system_id: str, state: str) -> None:
        eventually(lambda: self.region.snapshot(system_id).power_state == state, f"{system_id} powered {state}")

    def until(self, system_id: str, status: MachineStatus) -> None:
        eventually(lambda: self.region.status(system_id) is status, f"{system_id} {status.label}")

    def requested(self) -> tuple[str, str]:
        """(system_id, job id) of a deployment that no worker has looked at yet."""
        system_id = self.ready()
        return system_id, lifecycle.deploy(self.use, system_id, lifecycle.Plan("plain", {}), by="operator").id

    def answers(self, status: int, words: str, *, to: str) -> None:
        """From now on the region answers operation `to` with an error."""
        self.region.intercept = lambda method, path, op: (status, words) if op == to else None

    def deploying(self, hostname: str = "web-1") -> tuple[str, str]:
        """(system_id, job id) of a machine whose installer has been told to begin."""
        system_id = self.ready(hostname)
        job = lifecycle.deploy(self.use, system_id, lifecycle.Plan("plain", {}), by="operator")
        self.settle()
        self.powered(system_id, "on")
        return system_id, job.id

    def installs(self, system_id: str) -> Credentials:
        """The installer's work, to the first boot from disk; what the machine then finds in its user-data."""
        return Credentials.of(self.boots_installed(system_id))

    def boots_installed(self, system_id: str) -> bytes:
        """The user-data that the installed system is given at its first boot, whoever deployed it."""
        self.powered(system_id, "on")
        assert self.region.pxe_boot(system_id) is BootTarget.INSTALLER
        self.region.signal(
            system_id, origin="curtin", name="cmd-install", event_type="finish", description="", result="SUCCESS"
        )
        assert self.region.pxe_boot(system_id) is BootTarget.LOCAL_DISK
        return self.region.user_data(system_id)

    def first_boot(self, held: Credentials, result: str = "SUCCESS") -> None:
        report = {"name": "modules-final", "event_type": "finish", "description": "running modules", "result": result}
        reports.accept(self.use, held.report, report)

    def enrols(self, held: Credentials, key: str = "key of the agent") -> str:
        return agents.enrol(self.use, enrolment(held.enrol, key)).agent_id

    def beats(self, agent_id: str, sequence: int, key: str = "key of the agent", **samples: object) -> agents.Answer:
        beat = agents.Heartbeat(sequence=sequence, sent_at=self.clock.now, samples=samples)
        return agents.heartbeat(self.use, agent_id, key, beat)

    def comes_up(self, system_id: str) -> str:
        """Everything a machine does between the deploy call and its first heartbeat; the agent's id."""
        held = self.installs(system_id)
        self.first_boot(held)
        agent_id = self.enrols(held)
        self.beats(agent_id, 1)
        return agent_id

    def in_service(self, hostname: str = "web-1") -> tuple[str, str]:
        """(system_id, agent id)"""
        system_id, _ = self.deploying(hostname)
        agent_id = self.comes_up(system_id)
        self.settle()
        assert self.machine(system_id).service == "in_service"
        return system_id, agent_id

    # What Gough knows

    def machine(self, system_id: str) -> Machine:
        with self.database.read() as session:
            return session.scalars(select(Machine).where(Machine.system_id == system_id)).one()

    def job(self, job_id: str) -> Job:
        with self.database.read() as session:
            return session.get_one(Job, job_id)

    def steps(self, job_id: str) -> dict[str, str]:
        """{stage: state}"""
        with self.database.read() as session:
            query = select(JobStep).where(JobStep.job_id == job_id).order_by(JobStep.position)
            return {step.name: step.state for step in session.scalars(query)}

    def diagnosis(self, job_id: str) -> dict[str, Any]:
        found = self.job(job_id).diagnosis
        assert found is not None, f"job {job_id} has no diagnosis"
        return found

    def timeline(self, system_id: str, source: str = "") -> list[MachineEvent]:
        with self.database.read() as session:
            query = select(MachineEvent).join(Machine, Machine.id == MachineEvent.machine_id)
            found = session.scalars(query.where(Machine.system_id == system_id).order_by(MachineEvent.id))
            return [event for event in found if source in ("", event.source)]

    def region_row(self) -> RegionRow:
        with self.database.read() as session:
            return regions.find(session, "lab")

    def next_wake(self, job_id: str) -> datetime:
        at = self.job(job_id).wake_at
        assert at is not None, f"job {job_id} sleeps for good"
        return at


def enrolment(token: str, key: str = "key of the agent") -> agents.Enrolment:
    return agents.Enrolment(
        enrolment_token=token, key_hash=hashlib.sha256(key.encode()).hexdigest(), hostname="web-1", agent_version="1.0"
    )
