"""The two ways to run Gough, as processes over one machine hall: and how a part of each is made to fail."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

from gough.bootstrap import FIRST_FLEET, wire
from gough.config import read_settings
from gough.lab import ansible
from gough.lab.faults import Injection
from gough.lab.fleet import LabFleet
from gough.lab.hall import Hall
from gough.lab.outages import SECONDS, Deeds, lock_sqlite
from gough.lab.pace import Pace
from gough.lab.server_process import GoughProcess, ServerProcess, build_agent, environment, free_port
from gough.services.context import Use
from gough.services.fleet_hosts.pack import import_pack
from tests.support import postgres, redis_server
from tests.support.postgres import Postgres
from tests.support.redis_server import RedisServer
from tests.support.require import need

SPEED = 60.0
# A healthy machine needs a quarter of these on a busy computer with two cores. What is cut off while a stage's action
# runs is taken up again within a minute.
DEADLINES = {
    "validate": 120, "submit": 30, "commission": 60, "test": 60, "install": 60, "first-boot": 60, "agent": 45,
    "security": 60, "configure": 120, "verify": 60,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stack:
    folder: Path
    hall: Hall
    fleet: LabFleet
    use: Use
    deeds: Deeds


@contextmanager
def threads(folder: Path, machines: int, injections: Sequence[Injection]) -> Iterator[Stack]:
    """One process and SQLite."""
    with ExitStack() as exits:
        hall, fleet, settings = _hall(exits, folder, machines, injections)
        server = _started(exits, ServerProcess(folder / "gough", settings))
        use = _wired(exits, settings)
        database = partial(lock_sqlite, use.database.engine.url.database or "")
        import_pack(use, FIRST_FLEET)
        yield Stack(folder / "gough", hall, fleet, use, {"worker": _again(server), "database": database})


@contextmanager
def celery(folder: Path, machines: int, injections: Sequence[Injection]) -> Iterator[Stack]:
    """Server, beat and two workers over PostgreSQL and Redis."""
    need(postgres.available(), "PostgreSQL 15", postgres.INSTALL)
    need(redis_server.available(), "Redis", redis_server.INSTALL)
    with ExitStack() as exits:
        database = exits.enter_context(postgres.running())
        broker = exits.enter_context(redis_server.running())
        hall, fleet, settings = _hall(exits, folder, machines, injections)
        url = database.new_database(migrated=False)
        settings |= {"GOUGH_EXECUTOR": "celery", "DATABASE_URL": url, "REDIS_URL": broker.url}
        _started(exits, ServerProcess(folder / "gough", settings))
        _started(exits, GoughProcess(folder / "gough", settings, "beat"))
        workers = [_started(exits, GoughProcess(folder / "gough", settings, "worker")) for _ in range(2)]
        deeds: Deeds = {
            "worker": _again(workers[0]), "database": partial(_close, database, url), "redis": partial(_lose, broker),
        }  # fmt: skip
        use = _wired(exits, settings)
        import_pack(use, FIRST_FLEET)
        yield Stack(folder / "gough", hall, fleet, use, deeds)


STACKS = {"threads": threads, "celery": celery}


def _hall(
    exits: ExitStack, folder: Path, machines: int, injections: Sequence[Injection]
) -> tuple[Hall, LabFleet, dict[str, str]]:
    pace = Pace(SPEED)
    need(not ansible.missing(), ansible.missing(), "apt-get install openssh-server")
    site = ansible.Site(folder / "ansible")
    hall = Hall(machines, pace, folder / "machines", injections, osquery_scheme="http", ansible=site)
    exits.callback(hall.close)
    fleet = LabFleet()
    exits.callback(fleet.close)
    gough = folder / "gough"
    settings = environment(
        gough, port=free_port(0), maas_url=hall.maas_url, maas_key=hall.region.api_key, pace=pace,
        fleet=(fleet.url, fleet.token), more=site.settings(),
    )  # fmt: skip
    build_agent(gough)
    return hall, fleet, settings | {"GOUGH_DEADLINES": ",".join(f"{name}={time}s" for name, time in DEADLINES.items())}


def _started(exits: ExitStack, process: GoughProcess) -> GoughProcess:
    exits.callback(process.stop)
    process.start()
    return process


def _wired(exits: ExitStack, settings: dict[str, str]) -> Use:
    application = wire(read_settings(settings))
    exits.callback(application.close)
    return application.use


def _again(process: GoughProcess) -> Callable[[], None]:
    def kill() -> None:
        process.kill()
        process.start()

    return kill


def _close(server: Postgres, url: str) -> None:
    """The database takes no connections for a while, and drops those it has."""
    name = urlsplit(url).path[1:]
    server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    server.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    Event().wait(SECONDS)
    server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


def _lose(broker: RedisServer) -> None:
    """It dies, and comes back after a while with nothing."""
    broker.kill()
    Event().wait(SECONDS)
    broker.start()
    broker.empty()
