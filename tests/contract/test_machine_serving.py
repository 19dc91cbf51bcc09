"""A region as slow, as large and as forgetful as real ones: what the other tests need it to be able to."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from gough.domain.machine_status import MachineStatus
from gough.lab.maas import Region, Serving, serve
from gough.lab.maas.serving import as_slow_as

from .harness import DEADLINE, HARDWARE, Lab, Switches, Target, eventually, newest_id

S = MachineStatus


class Slow:
    """Time that passes only when the test says so. `waits` are the seconds the region wanted, as it began to wait."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self.go = threading.Semaphore(0)

    def __call__(self, seconds: float) -> None:
        self.waits.append(seconds)
        assert self.go.acquire(timeout=DEADLINE)


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def slow_lab(slow: Slow) -> Iterator[Lab]:
    power = Switches()
    region = Region(power=power, pace=0, serving=Serving(0.5, 0.04, machine_bytes=37_000, wait=slow))
    server = serve(region)
    target = Target(server.url, region.api_key)
    yield Lab(region, server, power, target, target.client())
    for _ in range(50):
        slow.go.release()
    target.clean_up()
    server.close()
    region.close()


def in_background(act: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    return thread


def test_reading_takes_its_time_and_the_region_adds_it_up(slow_lab: Lab, slow: Slow) -> None:
    ids = [slow_lab.enlisted(f"node-{n}") for n in range(3)]
    for _ in range(3):
        slow.go.release()
    slow_lab.maas.find({})
    slow_lab.maas.machine(ids[0])
    list(slow_lab.maas.machines(ids[:2]))
    assert slow.waits == pytest.approx([0.62, 0.54, 0.58])
    assert slow_lab.region.serving_seconds == pytest.approx(1.74)
    assert slow_lab.maas.whoami() == "admin"
    assert slow_lab.maas.newest_event() is None
    assert len(slow.waits) == 3, "nothing else takes time"


def test_lists_wait_for_each_other_and_a_quick_question_only_for_the_one_being_served(
    slow_lab: Lab, slow: Slow
) -> None:
    lists = [in_background(lambda: slow_lab.maas.find({})) for _ in range(3)]
    eventually(lambda: (len(slow.waits), slow_lab.region.desk.waiting) == (1, 2), "one list is being served")
    answered = threading.Event()

    def ask() -> None:
        slow_lab.target.client().whoami()
        answered.set()

    quick = in_background(ask)
    eventually(lambda: slow_lab.region.desk.waiting == 3, "it waits for the list")
    assert not answered.is_set()
    assert len(slow.waits) == 1, "so do the other lists"
    slow.go.release()
    assert answered.wait(DEADLINE), "and not for the lists behind it"
    eventually(lambda: sum(thread.is_alive() for thread in lists) == 2, "one list has its answer")
    eventually(lambda: len(slow.waits) == 2, "the next list is being served")
    slow.go.release()
    slow.go.release()
    for thread in (*lists, quick):
        thread.join(DEADLINE)
    assert len(slow.waits) == 3


def test_a_lab_may_be_as_slow_as_a_real_region() -> None:
    serving = as_slow_as(0.5, 40)
    assert (serving.seconds(0), serving.machine_bytes) == (0.5, 40_000)
    assert serving.seconds(24) == pytest.approx(0.5 + 24 * 0.039)
    assert as_slow_as(0, 0).seconds(1100) == 0


def test_a_machine_is_as_long_as_a_real_one_and_says_the_same(slow_lab: Lab, slow: Slow) -> None:
    system_id = slow_lab.enlisted()
    slow.go.release()
    slow.go.release()
    answer = slow_lab.target.http("GET", f"machines/{system_id}/")
    assert 37_000 <= len(answer.content) < 43_000
    assert len(answer.json()) == 77
    assert slow_lab.maas.machine(system_id).hostname == "web-1"


def test_a_thousand_long_machines_cost_no_more_than_a_second(lab: Lab) -> None:
    """Gough's own speed is measured against this region, so it must not be what is slow."""
    lab.region.desk.serving = Serving(machine_bytes=40_000)
    for number in range(200):
        system_id = lab.enlisted(f"node-{number}")
        lab.region.core.machines[system_id].hardware = replace(HARDWARE, cpu_count=8 * (1 + number % 3))
    start = time.process_time()
    lists = [lab.target.http("GET", "machines/").content for _ in range(3)]
    assert time.process_time() - start < len(lists) * 200 / 1000
    assert len(lists[0]) >= 200 * 40_000


def test_ten_thousand_machines_are_enlisted_while_one_looks(lab: Lab) -> None:
    start = time.process_time()
    for number in range(10_000):
        lab.region.enlist(
            hostname=f"node-{number}", mac_addresses=[f"52:54:02:00:{number // 256:02x}:{number % 256:02x}"]
        )
    assert time.process_time() - start < 5
    assert len(lab.maas.system_ids()) == 10_000


def test_a_restored_region_knows_nothing_of_what_came_after_its_backup(lab: Lab) -> None:
    deployed, released = lab.deployed("deployed"), lab.deployed("released")
    saved, then = lab.region.backup(), newest_id(lab.maas)
    known = {event.id: event for event in lab.maas.events(0)}
    lab.maas.release(released)
    lab.until(released, S.READY)
    lab.maas.update(deployed, {"hostname": "renamed"})
    later = lab.enlisted("later")
    after = lab.maas.events(then)
    lab.region.restore(saved)
    assert newest_id(lab.maas) == then
    assert {event.id: event for event in lab.maas.events(0)} == known
    assert lab.maas.system_ids() == {deployed, released}, f"{later} is gone"
    assert lab.maas.machine(released).status is S.DEPLOYED
    assert lab.maas.machine(deployed).hostname == "deployed"
    lab.maas.lock(deployed, comment="after the restore")
    again = lab.maas.events(then)[0]
    assert again.id == after[0].id, "the id is given again"
    assert again != after[0]


def test_a_backup_can_be_restored_twice_and_is_not_touched_by_what_follows(lab: Lab) -> None:
    system_id = lab.ready()
    saved = lab.region.backup()
    for _ in range(2):
        lab.maas.allocate(system_id, agent_name="x")
        lab.region.restore(saved)
        assert lab.maas.machine(system_id).status is S.READY


def test_what_was_deleted_since_the_backup_is_there_again(lab: Lab) -> None:
    tagged, (zone, pool) = lab.enlisted("tagged"), _zone_and_pool(lab)
    subnet = lab.target.http("POST", "subnets/", data={"cidr": "10.9.0.0/24", "vlan": "5001"}).json()["id"]
    lab.target.http("POST", "tags/", data={"name": "gpu", "comment": "two of them"})
    lab.maas.set_tags(tagged, add=["gpu"])
    lab.maas.update(tagged, {"zone": zone, "pool": pool})
    saved = lab.region.backup()
    lab.maas.update(tagged, {"zone": "default", "pool": "default"})
    pool_id = next(one["id"] for one in lab.target.http("GET", "resourcepools/").json() if one["name"] == pool)
    gone = (f"zones/{zone}/", f"resourcepool/{pool_id}/", f"subnets/{subnet}/", "tags/gpu/")
    before = [lab.target.http("GET", path).json() for path in gone]
    assert {lab.target.http("DELETE", path).status_code for path in gone} == {204}
    lab.target.http("POST", "maas/?op=set_config", data={"name": "upstream_dns", "value": "10.0.0.1"})
    lab.region.restore(saved)
    found = lab.maas.machine(tagged)
    assert (found.zone, found.pool, list(found.tags)) == (zone, pool, ["gpu"])
    assert [lab.target.http("GET", path).json() for path in gone] == before
    assert lab.target.http("GET", "maas/?op=get_config&name=upstream_dns").json() is None
    assert lab.maas.zones() == {"default", zone} and lab.maas.pools() == {"default", pool}
    assert lab.target.http("POST", "subnets/", data={"cidr": "10.8.0.0/24", "vlan": "5001"}).json()["id"] == subnet + 1


def _zone_and_pool(lab: Lab) -> tuple[str, str]:
    for collection, name in (("zones/", "north"), ("resourcepools/", "batch")):
        assert lab.target.http("POST", collection, data={"name": name}).status_code == 200
    return "north", "batch"


def test_power_that_was_being_switched_means_nothing_after_a_restore(lab: Lab) -> None:
    system_id = lab.ready()
    saved, then = lab.region.backup(), newest_id(lab.maas)
    lab.power.held["on", system_id] = threading.Event()
    lab.maas.deploy(system_id, series="noble", user_data=b"")
    eventually(lambda: lab.region.snapshot(system_id).power_state == "on", "the BMC is being asked")
    lab.region.restore(saved)
    lab.power.broken.add(system_id)
    lab.power.held["on", system_id].set()
    lab.region.core.worker.close()  # which waits for what it is doing
    machine = lab.maas.machine(system_id)
    assert (machine.status, machine.power_state) == (S.READY, "off")
    assert newest_id(lab.maas) == then, "nor does the log tell of it"
