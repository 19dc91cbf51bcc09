"""kill -9 in the middle of twenty deployments: nothing is lost, nothing is submitted twice."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from gough.bootstrap import wire
from gough.config import read_settings
from gough.lab.hall import Hall
from gough.lab.operator import Operator
from gough.lab.pace import Pace
from gough.lab.server_process import ServerProcess, build_agent, environment, free_port
from tests.stack.watching import Standings, until

MACHINES = 20


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.mark.kill
@pytest.mark.timeout(900)
def test_twenty_deployments_survive_a_server_that_is_killed_three_times(tmp_path: Path, stack: ExitStack) -> None:
    pace = Pace(60)
    hall = Hall(MACHINES, pace, tmp_path / "machines")
    stack.callback(hall.close)
    folder = tmp_path / "gough"
    settings = environment(
        folder, port=free_port(0), maas_url=hall.maas_url, maas_key=hall.region.api_key, pace=pace
    ) | {"GOUGH_DEADLINES": "install=5m,first-boot=5m,agent=5m,verify=5m"}
    build_agent(folder)
    server = ServerProcess(folder, settings)
    stack.callback(server.stop)
    server.start()
    use = wire(read_settings(settings)).use
    stack.callback(use.database.close)
    operator = Operator(use, "docker-host")
    told = Standings(operator, hall, folder)
    hall.power_up()

    def submitted() -> int:
        operator.work()
        return sum(hall.deploys().values())

    def arrived() -> int:
        operator.work()
        return sum(1 for standing in operator.standings() if standing.ended and not standing.failed)

    moments: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("three are submitted", lambda: submitted() >= 3),
        ("twelve are submitted", lambda: submitted() >= 12),
        ("four have arrived", lambda: arrived() >= 4),
    )
    for what, moment in moments:
        until(moment, what, told)
        server.kill()
        server.start()
    until(lambda: arrived() == MACHINES, "all are in service", told)

    assert hall.deploys() == {f"node-{number:02}": 1 for number in range(1, MACHINES + 1)}
