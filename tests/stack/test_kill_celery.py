"""Deployments over Celery, Redis and PostgreSQL, while each of these and every process of Gough's is killed once."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from gough.bootstrap import wire
from gough.config import read_settings
from gough.lab.hall import Hall
from gough.lab.operator import Operator
from gough.lab.pace import Pace
from gough.lab.server_process import GoughProcess, ServerProcess, build_agent, environment, free_port
from gough.services.context import Use
from tests.stack.watching import Standings, until
from tests.support import postgres, redis_server
from tests.support.postgres import Postgres
from tests.support.redis_server import RedisServer
from tests.support.require import need

MACHINES = 12


@dataclass
class Stack:
    """Every part of it, each a process of its own."""

    folder: Path
    hall: Hall
    use: Use
    server: ServerProcess
    beat: GoughProcess
    workers: tuple[GoughProcess, GoughProcess]
    redis: RedisServer
    postgres: Postgres

    def again(self, process: GoughProcess) -> None:
        process.kill()
        process.start()

    def cut_connections(self) -> None:
        """What a restart of the database is to its clients."""
        others = "pid <> pg_backend_pid() AND datname IS NOT NULL"
        self.postgres.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")

    def lose_redis(self) -> None:
        """It dies, and comes back with nothing."""
        self.redis.kill()
        self.redis.start()
        self.redis.empty()


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    need(postgres.available(), "PostgreSQL 15", postgres.INSTALL)
    need(redis_server.available(), "Redis", redis_server.INSTALL)
    with ExitStack() as exits:
        database = exits.enter_context(postgres.running())
        broker = exits.enter_context(redis_server.running())
        pace = Pace(60)
        hall = Hall(MACHINES, pace, tmp_path / "machines")
        exits.callback(hall.close)
        folder = tmp_path / "gough"
        settings = environment(
            folder, port=free_port(0), maas_url=hall.maas_url, maas_key=hall.region.api_key, pace=pace
        ) | {
            "GOUGH_DEADLINES": "install=5m,first-boot=5m,agent=5m,verify=5m", "GOUGH_EXECUTOR": "celery",
            "DATABASE_URL": database.new_database(migrated=False), "REDIS_URL": broker.url,
        }  # fmt: skip
        build_agent(folder)
        server = ServerProcess(folder, settings)
        beat = GoughProcess(folder, settings, "beat")
        workers = (GoughProcess(folder, settings, "worker"), GoughProcess(folder, settings, "worker"))
        for process in (server, beat, *workers):
            exits.callback(process.stop)
            process.start()
        application = wire(read_settings(settings))
        exits.callback(application.close)
        yield Stack(folder, hall, application.use, server, beat, workers, broker, database)


@pytest.mark.kill
@pytest.mark.postgres
@pytest.mark.timeout(900)
def test_deployments_survive_the_death_of_every_part(stack: Stack) -> None:
    operator = Operator(stack.use, "docker-host")
    told = Standings(operator, stack.hall, stack.folder)
    stack.hall.power_up()

    def submitted(count: int) -> Callable[[], bool]:
        def look() -> bool:
            operator.work()
            return sum(stack.hall.deploys().values()) >= count

        return look

    def arrived() -> int:
        operator.work()
        return sum(1 for standing in operator.standings() if standing.ended and not standing.failed)

    moments: tuple[tuple[int, Callable[[], None]], ...] = (
        (2, lambda: stack.again(stack.workers[0])),
        (4, stack.lose_redis),
        (6, lambda: stack.again(stack.beat)),
        (8, stack.cut_connections),
        (10, lambda: stack.again(stack.server)),
    )
    for count, kill in moments:
        until(submitted(count), f"{count} are submitted", told)
        kill()
    until(lambda: arrived() == MACHINES, "all are in service", told)
    assert stack.hall.deploys() == {f"node-{number:02}": 1 for number in range(1, MACHINES + 1)}
    assert all(process.is_running for process in (stack.server, stack.beat, *stack.workers))
