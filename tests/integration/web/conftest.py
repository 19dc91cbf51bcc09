"""One application a test, with its data in a temporary folder, and people of each role."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher
from pydantic import SecretStr
from sqlalchemy.orm import Session

from gough import bootstrap
from gough.bootstrap import Application
from gough.config import Settings
from gough.domain.attribution import IN_USE, OWNER_KEY
from gough.domain.machine_status import MachineStatus
from gough.domain.machines import MachineRecord
from gough.domain.permissions import Role
from gough.jobs.executor import Executor
from gough.jobs.followers import Followers
from gough.persistence.database import Database
from gough.persistence.models import Deployment, Job, Machine, MachineToken, Region, User
from gough.services import lifecycle, observing, people
from gough.services.secrets import hash_secret
from gough.web.guard import Guard
from gough.web.wsgi import create
from tests.support.clock import Clock
from tests.support.fleet_site import FleetSite
from tests.support.site import Site

PASSWORD = "correct horse battery staple"
SETUP = "a-set-up-secret-of-this-test"
SSH_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl ops@example"
BASE = "http://localhost:8000"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path, secret_key=SecretStr("k" * 40), public_url=BASE, setup_secret=SecretStr(SETUP),
        allow_http=True, debug=True,
        agent_interval_seconds=60,
    )  # fmt: skip


@pytest.fixture
def application(settings: Settings, sqlite_template: Path) -> Iterator[Application]:
    shutil.copy(sqlite_template, settings.data_dir / "gough.db")
    made = bootstrap.wire(settings)
    bootstrap.prepare(made.use)
    yield made
    made.use.database.close()


@pytest.fixture
def fleet_site(sqlite_template: Path, clock: Clock, tmp_path: Path) -> Iterator[FleetSite]:
    """A Gough that knows a Fleet server."""
    shutil.copy(sqlite_template, tmp_path / "gough.db")
    database = Database(f"sqlite:///{tmp_path / 'gough.db'}", clock=clock)
    made = FleetSite(database, clock, tmp_path)
    yield made
    made.close()
    database.close()


@pytest.fixture
def site(sqlite_template: Path, clock: Clock, tmp_path: Path) -> Iterator[Site]:
    """A Gough with an emulated region, to be served with `serving`."""
    shutil.copy(sqlite_template, tmp_path / "gough.db")
    database = Database(f"sqlite:///{tmp_path / 'gough.db'}", clock=clock)
    made = Site(database, clock, {"GOUGH_DATA_DIR": str(tmp_path), "DEBUG": "true"})
    made.prepare(tmp_path / "library")
    yield made
    made.close()
    database.close()


def serving(site: Site) -> Application:
    return Application(site.use, site.bell, Executor(site.use, site.bell), Followers(site.use))


@pytest.fixture
def guard(application: Application) -> Iterator[Guard]:
    made = create(application)
    yield made
    made.site.feed.close()


class Client(httpx.Client):
    """A caller; `csrf` goes with changes."""

    csrf = ""

    def change(self, path: str, body: object = None) -> httpx.Response:
        return self.post(path, json=body if body is not None else {}, headers={"X-CSRF-Token": self.csrf})


@pytest.fixture
def outsider(guard: Guard) -> Iterator[Client]:
    with Client(transport=httpx.WSGITransport(guard), base_url=BASE) as client:
        yield client


@pytest.fixture
def person(application: Application, guard: Guard) -> Iterator[Callable[[Role], Client]]:
    """Somebody of that role, signed in."""
    opened: list[Client] = []
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

    def sign_in(role: Role) -> Client:
        use = application.use
        with use.database.write() as session:
            now = use.database.now(session)
            session.add(User(name=role.value, password_hash=quick.hash(PASSWORD), role=role.value, created_at=now))
        secret, _ = people.sign_in(use, role.value, PASSWORD, address="127.0.0.1")
        client = Client(transport=httpx.WSGITransport(guard), base_url=BASE, cookies={"gough_session": secret})
        caller = people.who(use, secret)
        assert caller is not None
        client.csrf = caller.csrf_token
        opened.append(client)
        return client

    yield sign_in
    for client in opened:
        client.close()


@pytest.fixture
def admin(person: Callable[[Role], Client]) -> Client:
    return person(Role.ADMIN)


@pytest.fixture
def operator(person: Callable[[Role], Client]) -> Client:
    return person(Role.OPERATOR)


@pytest.fixture
def viewer(person: Callable[[Role], Client]) -> Client:
    return person(Role.VIEWER)


@pytest.fixture
def node(application: Application) -> Machine:
    """A machine that MAAS calls Ready."""
    return add_machine(application, "node-01")


def add_machine(
    application: Application, hostname: str, status: MachineStatus = MachineStatus.READY, **more: object
) -> Machine:
    """As MAAS would describe it. One in use that names no owner has been deployed by Gough."""
    use = application.use
    with use.database.write() as session:
        now = use.database.now(session)
        region = session.query(Region).first()
        if region is None:
            key = use.sealer.seal_text("consumer:token:secret")
            region = Region(name="lab", url="http://127.0.0.1:9/MAAS/", api_key_sealed=key, created_at=now)
            session.add(region)
            session.flush()
        record = MachineRecord(f"id-{hostname}", hostname, status, **more)  # type: ignore[arg-type]
        machine = observing.observe(session, region, record, observed_at=now)
        if status in IN_USE and not {"owner", "owner_data"} & set(more):
            marked = replace(record, owner_data={OWNER_KEY: f"{_deployed(session, machine)}.1"})
            observing.observe(session, region, marked, observed_at=now)
        return machine


def _deployed(session: Session, machine: Machine) -> str:
    """The id of a deployment of the machine that has ended well."""
    at = machine.first_seen_at
    job = Job(kind="deployment", machine=machine, parameters={}, created_by="ada", created_at=at, state="done",
              finished_at=at)  # fmt: skip
    deployment = Deployment(
        job=job, machine_id=machine.id, template_version_id=None, variables_sealed="", series="ubuntu/noble"
    )
    session.add(deployment)
    session.flush()
    return deployment.id


@pytest.fixture
def tokens(application: Application, node: Machine) -> dict[str, str]:
    """The secrets a deployment's user-data would hold."""
    use = application.use
    job = lifecycle.deploy(use, node.hostname, lifecycle.Plan("docker-host", {"ssh_keys": [SSH_KEY]}), by="ada")
    made = {"enrol": "enrolment-token-of-a-test", "report": "report-token-of-a-test"}
    with use.database.write() as session:
        deployment = lifecycle.latest_deployment(session, node.id)
        assert deployment is not None
        assert deployment.job_id == job.id
        for purpose, token in made.items():
            session.add(
                MachineToken(
                    token_hash=hash_secret(token), purpose=purpose, deployment_id=deployment.id, machine_id=node.id,
                    created_at=use.database.now(session),
                )
            )  # fmt: skip
    return made
