"""The lab as `gough lab --preinstalled` runs it: a server of its own, machines, and what somebody else deployed."""

from contextlib import ExitStack
from pathlib import Path
from threading import Event
from time import monotonic

import pytest

from gough.adapters.maas import connect
from gough.bootstrap import FIRST_REGION, wire
from gough.config import read_settings
from gough.lab.hall import Hall
from gough.lab.neighbour import NAME, Neighbour
from gough.lab.operator import Operator
from gough.lab.pace import Pace
from gough.lab.runner import summary
from gough.lab.server_process import ServerProcess, build_agent, environment, free_port
from gough.services import regions
from gough.services.regions import FeedAccount

PATIENCE = 100.0


@pytest.mark.timeout(180)
def test_what_somebody_else_deployed_is_adopted_without_a_second_deploy(tmp_path: Path) -> None:
    with ExitStack() as stack:
        pace = Pace(60)
        hall = Hall(2, pace, tmp_path / "machines", preinstalled=1)
        stack.callback(hall.close)
        folder = tmp_path / "gough"
        settings = environment(
            folder, port=free_port(0), maas_url=hall.maas_url, maas_key=hall.region.api_key, pace=pace
        )
        build_agent(folder)
        server = ServerProcess(folder, settings)
        stack.callback(server.stop)
        server.start()
        use = wire(read_settings(settings)).use
        stack.callback(use.database.close)
        regions.change(use, FIRST_REGION, feed=FeedAccount(hall.region.username, hall.region.password))
        hall.power_up()
        maas = connect(hall.maas_url, hall.region.add_user(NAME, admin=True))
        stack.callback(maas.close)
        alice = Neighbour(maas, [machine.system_id for machine in hall.preinstalled])
        operator = Operator(use, "base-server", frozenset({"node-02"}), hall)
        pause, end = Event(), monotonic() + PATIENCE
        while True:
            alice.work()
            operator.work()
            standings = operator.standings()
            if len(standings) == 2 and all(standing.ended for standing in standings):
                break
            assert monotonic() < end, f"not within {PATIENCE:.0f} s: {standings}"
            pause.wait(0.2)

        counted = summary(standings, 2, 0)
        assert (counted["in_service"], counted["failures"]) == (2, [])
        assert {standing.hostname: (standing.service, standing.job) for standing in standings} == {
            "node-01": ("in_service", "deployment"),
            "node-02": ("in_service", "adoption"),
        }
        assert hall.deploys() == {"node-01": 1, "node-02": 1}
        assert hall.region.snapshot(hall.machines[1].system_id).owner == NAME, "the one deploy was hers"
        with use.database.read() as session:
            assert regions.find(session, FIRST_REGION).feed_state == "live"
