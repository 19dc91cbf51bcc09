"""Every part of Gough over Celery as a process of its own, each of which may be killed."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from gough.bootstrap import wire
from gough.config import read_settings
from gough.lab.hall import Hall
from gough.lab.pace import Pace
from gough.lab.server_process import GoughProcess, ServerProcess, build_agent, environment, free_port
from gough.services.context import Use
from tests.support import postgres, redis_server
from tests.support.redis_server import RedisServer
from tests.support.require import need

DEADLINES = "install=10m,first-boot=10m,agent=10m,verify=10m,submit=10m,validate=10m,commission=10m,test=10m"
AGENT_INTERVAL = "15"  # seconds; hundreds of agents share two cores with all the rest


@dataclass
class Stack:
    """`use` is the test's own way into the same database."""

    folder: Path
    hall: Hall
    use: Use
    server: ServerProcess
    beat: GoughProcess
    workers: tuple[GoughProcess, GoughProcess]
    redis: RedisServer
    postgres: postgres.Process

    @property
    def processes(self) -> tuple[GoughProcess, ...]:
        return (self.server, self.beat, *self.workers)

    @property
    def kills(self) -> Mapping[str, Callable[[], None]]:
        """By the part that dies and comes back."""
        return {
            "web": lambda: _again(self.server),
            "worker 1": lambda: _again(self.workers[0]),
            "worker 2": lambda: _again(self.workers[1]),
            "beat": lambda: _again(self.beat),
            "Redis": lambda: _again(self.redis),
            "Redis, with all it had": self._lose_redis,
            "PostgreSQL": lambda: _again(self.postgres),
        }

    def keep_up(self) -> None:
        """As systemd or Docker does: start again what ended by itself, for it found no database at its start."""
        for process in self.processes:
            if not process.is_running:
                process.start()

    def _lose_redis(self) -> None:
        _again(self.redis)
        self.redis.empty()


def _again(part: GoughProcess | RedisServer | postgres.Process) -> None:
    part.kill()
    part.start()


@contextmanager
def running(machines: int, folder: Path) -> Iterator[Stack]:
    """The whole of it, with so many machines that nobody has switched on yet. Skips where a server is not installed."""
    need(postgres.installed(), "PostgreSQL 15", postgres.INSTALL)
    need(redis_server.available(), "Redis", redis_server.INSTALL)
    with ExitStack() as exits:
        database = exits.enter_context(postgres.running_process(postgres.KILLABLE))
        broker = exits.enter_context(redis_server.running())
        pace, home = Pace(60), folder / "gough"
        hall = Hall(machines, pace, folder / "machines")
        exits.callback(hall.close)
        settings = environment(
            home, port=free_port(0), maas_url=hall.maas_url, maas_key=hall.region.api_key, pace=pace
        ) | {
            "GOUGH_DEADLINES": DEADLINES, "GOUGH_AGENT_INTERVAL_SECONDS": AGENT_INTERVAL, "GOUGH_EXECUTOR": "celery",
            "DATABASE_URL": postgres.Postgres(database.url).new_database(migrated=False), "REDIS_URL": broker.url,
        }  # fmt: skip
        build_agent(home)
        server, beat = ServerProcess(home, settings), GoughProcess(home, settings, "beat")
        workers = (GoughProcess(home, settings, "worker"), GoughProcess(home, settings, "worker"))
        for process in (server, beat, *workers):
            exits.callback(process.stop)
            process.start()
        application = wire(read_settings(settings))
        exits.callback(application.close)
        yield Stack(home, hall, application.use, server, beat, workers, broker, database)
