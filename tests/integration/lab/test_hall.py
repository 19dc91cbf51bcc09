"""The lab's virtual machines at their BMCs, without a Gough: they do what the region tells them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gough.adapters.maas import MaasClient
from gough.domain.errors import Invalid, Unavailable
from gough.domain.machine_options import WITHOUT_TESTS
from gough.domain.machine_status import MachineStatus as Status
from gough.lab import faults
from gough.lab.hall import Hall
from gough.lab.maas import troubles
from gough.lab.neighbour import USER_DATA, Neighbour
from gough.lab.outages import Outages
from gough.lab.pace import Pace
from tests.contract.harness import eventually

MakeHall = Callable[..., tuple[Hall, MaasClient]]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeHall]:
    """A hall whose machines are enlisted, and its administrator's client."""
    made: list[tuple[Hall, MaasClient]] = []

    def hall(count: int = 1, fault: str = "", *, preinstalled: int = 0) -> tuple[Hall, MaasClient]:
        injections = [faults.parse(fault, count, preinstalled)] if fault else []
        one = Hall(count, Pace(600), tmp_path, injections, preinstalled=preinstalled)
        one.power_up()
        made.append((one, MaasClient(one.maas_url, one.region.api_key)))
        return made[-1]

    yield hall
    for one, client in made:
        client.close()
        one.close()


def until(hall: Hall, status: Status, number: int = 1) -> str:
    system_id = hall.machines[number - 1].system_id
    eventually(lambda: hall.region.status(system_id) is status, f"{status.label}")
    return system_id


def ready(hall: Hall, maas: MaasClient, number: int = 1) -> str:
    maas.commission(hall.machines[number - 1].system_id, WITHOUT_TESTS)
    system_id = until(hall, Status.READY, number)
    eventually(lambda: maas.machine(system_id).power_state == "off", "off after its commissioning")
    return system_id


def deployed(hall: Hall, maas: MaasClient) -> str:
    system_id = ready(hall, maas)
    maas.deploy(system_id, series="noble", user_data=USER_DATA)
    until(hall, Status.DEPLOYED)
    eventually(lambda: hall.is_up("node-01"), "up")
    return system_id


def test_a_machine_goes_into_rescue_mode_and_back(make: MakeHall) -> None:
    hall, maas = make()
    system_id = deployed(hall, maas)
    maas.rescue(system_id)
    until(hall, Status.RESCUE_MODE)
    assert not hall.is_up("node-01"), "its own system does not run meanwhile"
    maas.exit_rescue(system_id)
    until(hall, Status.DEPLOYED)
    eventually(lambda: hall.is_up("node-01"), "up again")
    assert hall.deploys() == {"node-01": 1}


def test_the_bmc_is_asked_for_the_power_state(make: MakeHall) -> None:
    hall, maas = make()
    system_id = deployed(hall, maas)
    hall.region.power_changed(system_id, on=False)  # what the region believes
    assert maas.machine(system_id).power_state == "off"
    assert maas.power_state(system_id) == "on"
    assert maas.machine(system_id).power_state == "on"


def test_a_bmc_that_fails_tells_no_power_state(make: MakeHall) -> None:
    hall, maas = make(fault="power-fails")
    system_id = ready(hall, maas)
    with hall.region.core.lock:  # the moment between the request and MAAS giving up
        hall.region.core.machines[system_id].status = Status.DEPLOYING
    with pytest.raises(Unavailable, match="Connection timed out to the BMC"):
        maas.power_state(system_id)


def test_a_machine_deployed_in_memory_starts_anew_at_every_boot(make: MakeHall) -> None:
    hall, maas = make()
    system_id = ready(hall, maas)
    machine = hall.machines[0]
    with hall.region.core.lock:
        hall.region.core.machines[system_id].ephemeral = True
        hall.region.core.machines[system_id].status = Status.DEPLOYED
    for _ in range(2):
        machine.power_on()
        eventually(lambda: machine.is_up, "up")
        assert machine.type_in('test ! -e "$GOUGH_ROOT/seen" && touch "$GOUGH_ROOT/seen"') == ""
        machine.power_off()


def test_a_machine_deleted_in_maas_is_nobodys_and_the_hall_still_closes(make: MakeHall) -> None:
    hall, maas = make()
    system_id = deployed(hall, maas)
    maas.delete_machine(system_id)
    hall.machines[0].power_off()
    assert system_id not in hall.region.system_ids()


def test_a_shell_tells_what_a_pipe_hides(make: MakeHall) -> None:
    hall, maas = make()
    assert hall.type_in("node-01", "true") == "node-01 is not up"
    deployed(hall, maas)
    assert hall.type_in("node-01", "true") == ""
    assert hall.type_in("node-01", "echo no route >&2 | cat") == "no route"
    assert hall.type_in("node-01", "exit 3") == "exit status 3"


def test_the_neighbour_deploys_her_machines_once_and_leaves_the_others(make: MakeHall) -> None:
    hall, maas = make(2, preinstalled=1)
    theirs = MaasClient(hall.maas_url, hall.region.add_user("alice", admin=True))
    mine, hers = (machine.system_id for machine in hall.machines)
    alice = Neighbour(theirs, [hers])

    def is_up() -> bool:
        alice.work()
        return hall.is_up("node-02")

    eventually(is_up, "deployed by alice")
    found = maas.machine(hers)
    assert (found.owner, found.status, maas.machine(mine).status) == ("alice", Status.DEPLOYED, Status.NEW)
    assert hall.region.user_data(hers) == USER_DATA
    alice.work()
    maas.release(hers)
    until(hall, Status.READY, 2)
    alice.work()
    theirs.close()
    assert hall.region.status(hers) is Status.READY, "what becomes of it is not her business"
    assert hall.deploys() == {"node-01": 0, "node-02": 1}


def test_faults_before_adoption_do_not_strike_what_somebody_else_installs() -> None:
    assert faults.parse("install-stuck:1", 2, preinstalled=1).machine == 1
    assert faults.parse("agent-never-enrols:2", 2, preinstalled=1).machine == 2
    with pytest.raises(Invalid, match="machine 2 is preinstalled"):
        faults.parse("install-stuck:2", 2, preinstalled=1)


@pytest.mark.parametrize("fault", [one.name for one in faults.FAULTS if one.point is faults.Point.INSTALL and one.says])
def test_a_failed_installation_leaves_its_log_in_maas(make: MakeHall, fault: str) -> None:
    hall, maas = make(fault=fault)
    system_id = ready(hall, maas)
    maas.deploy(system_id, series="noble", user_data=USER_DATA)
    until(hall, Status.FAILED_DEPLOYMENT)
    (log,) = [one for one in maas.script_results(system_id, include_output=True) if one.kind == "installation"]
    assert log.status == "Failed"
    assert faults.find(fault).says in log.output
    assert log.output.endswith("cmd-install: FAIL\n")


@pytest.mark.parametrize(
    ("deed", "event"), [("released", "User releasing node"), ("aborted", "User aborting deployment")]
)
def test_what_somebody_does_in_maas_has_their_name(make: MakeHall, deed: str, event: str) -> None:
    hall, maas = make(fault=deed)
    system_id = ready(hall, maas)
    maas.deploy(system_id, series="noble", user_data=USER_DATA)
    until(hall, Status.READY if deed == "released" else Status.ALLOCATED)
    assert [one.username for one in maas.events(0) if one.type == event] == [troubles.SOMEBODY]


def test_an_unknown_part_of_gough_cannot_fail(make: MakeHall) -> None:
    hall, _ = make()
    with pytest.raises(Invalid, match="there is no redis here"):
        Outages([faults.parse("redis-down", 1)], hall, {})
