"""Whatever happens in MAAS, on the way to it, and to us: once it is quiet, Gough knows every machine as MAAS does."""

import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

from gough.domain.errors import GoughError
from gough.domain.machine_options import WITHOUT_TESTS
from gough.domain.machine_status import MachineStatus as Status
from gough.lab.maas.events import Event
from gough.lab.maas.region import Backup
from gough.persistence.database import Database
from gough.persistence.models import Machine, MachineEvent
from gough.services import regions
from gough.services.sync.reading import OVERLAP
from tests.contract.harness import HARDWARE
from tests.support.clock import Clock
from tests.support.site import MAAS_URL, Crash, Site

PRESENCE, ROUNDS = 301, 3  # seconds; each round checks presence and reads every machine again
MOST_MACHINES = 5
BROKEN_PROXY = (502, "proxy")

Told = tuple[int, str, str, str]  # id, system_id, type, description
which = st.integers(0, MOST_MACHINES - 1)
moment = st.integers(0, 12)  # so many requests into a poll
Change = Callable[["Faults", str], object]


def _commission(faults: "Faults", system_id: str) -> None:
    faults.alice.commission(system_id, WITHOUT_TESTS)


def _commissioned(faults: "Faults", system_id: str) -> None:
    region = faults.site.region
    if region.status(system_id) is Status.COMMISSIONING:
        region.pxe_boot(system_id)
        for name in region.pending_scripts(system_id):
            region.report_script(system_id, name, 0)
        region.finish_commissioning(system_id, HARDWARE)


def _deploy(faults: "Faults", system_id: str) -> None:
    faults.alice.allocate(system_id, agent_name="")
    faults.alice.deploy(system_id, series="ubuntu/noble", user_data=b"#cloud-config\n")


def _installed(faults: "Faults", system_id: str) -> None:
    region = faults.site.region
    if region.status(system_id) is Status.DEPLOYING:
        region.pxe_boot(system_id)
        region.signal(
            system_id, origin="curtin", name="cmd-install", event_type="finish", description="", result="SUCCESS"
        )
        region.user_data(system_id)


# What people, Terraform and the machines themselves do; what MAAS refuses leaves everything as it was.
CHANGES: dict[str, Change] = {
    "delete": lambda faults, system_id: faults.alice.delete_machine(system_id),
    "rename": lambda faults, system_id: faults.alice.update(system_id, {"hostname": faults.new_name()}),
    "move": lambda faults, system_id: faults.alice.update(system_id, {"pool": "batch", "zone": "north"}),
    "move back": lambda faults, system_id: faults.alice.update(system_id, {"pool": "default", "zone": "default"}),
    "tag": lambda faults, system_id: faults.alice.set_tags(system_id, add=["gpu"], remove=["ssd"]),
    "tag otherwise": lambda faults, system_id: faults.alice.set_tags(system_id, add=["ssd"], remove=["gpu"]),
    "commission": _commission,
    "commissioned": _commissioned,
    "deploy": _deploy,
    "installed": _installed,
    "release": lambda faults, system_id: faults.alice.release(system_id),
    "lock": lambda faults, system_id: faults.alice.lock(system_id),
    "unlock": lambda faults, system_id: faults.alice.unlock(system_id),
    "power on": lambda faults, system_id: faults.site.region.power_changed(system_id, on=True),
    "power off": lambda faults, system_id: faults.site.region.power_changed(system_id, on=False),
}
INSTALLED = ("commission", "commissioned", "deploy", "installed")
several = st.lists(st.tuples(which, st.sampled_from(sorted(CHANGES))), min_size=2, max_size=6)


class Faults(RuleBasedStateMachine):
    """`folder` gets a database for each run."""

    def __init__(self, template: Path, folder: Path) -> None:
        super().__init__()
        path = folder / "faults.db"
        shutil.copy(template, path)
        self.clock = Clock()
        self.site: Site = Site(Database(f"sqlite:///{path}", clock=self.clock), self.clock)
        region = self.site.region
        regions.add(self.site.use, "lab", MAAS_URL, region.api_key)
        self.alice: Any = self.site.maas_of(region.add_user("alice", admin=True))
        region.core.pools.add("batch")
        region.core.zones.add("north")
        self.names = (f"web-{number}" for number in itertools.count())
        self.hidden: list[tuple[Event, float]] = []
        self.saved: Backup | None = None
        self.restored = False
        self.first_cursor: int | None = None

    def teardown(self) -> None:
        try:
            self.settle_and_compare()
        finally:
            self.site.close()
            self.site.use.close()
            self.site.database.close()

    # What happens in MAAS

    @initialize()
    def begin(self) -> None:
        """With a machine in each of the states that people leave them in."""
        for machine, steps in enumerate(((), ("commission", "commissioned"), (*INSTALLED, "lock"), INSTALLED)):
            self.enlist()
            self.change([(machine, step) for step in steps])
        self.poll()

    @rule()
    def enlist(self) -> None:
        region = self.site.region
        if len(region.system_ids()) < MOST_MACHINES:
            number = region.core.next_number()
            mac = f"52:54:03:00:{number // 256:02x}:{number % 256:02x}"
            region.enlist(hostname=self.new_name(), mac_addresses=[mac], power_type="manual")

    @rule(wanted=several)
    def change(self, wanted: list[tuple[int, str]]) -> None:
        for machine, name in wanted:
            ids = self.site.region.system_ids()
            if ids:
                with self.reachable(), suppress(GoughError):
                    CHANGES[name](self, ids[machine % len(ids)])

    @rule(machine=which)
    def boot(self, machine: int) -> None:
        """Its first event has its id, but is committed later than those behind it."""
        region, newest = self.site.region, self.newest_id()
        ids = region.system_ids()
        if ids:
            region.pxe_boot(ids[machine % len(ids)])
            log = region.core.events
            late = next(event for event in log._events if event.id > newest)
            log._events.remove(late)
            self.hidden.append((late, self.clock.seconds()))

    @rule()
    def show_what_was_hidden(self) -> None:
        log = self.site.region.core.events
        for event, _ in self.hidden:
            if any(event.machine is machine for machine in self.site.region.core.machines.values()):
                log._events = sorted([*log._events, event], key=lambda known: known.id)
        self.hidden.clear()

    @rule()
    def back_up(self) -> None:
        self.show_what_was_hidden()
        self.saved = self.site.region.backup()

    @precondition(lambda self: self.saved is not None)
    @rule()
    def restore(self) -> None:
        assert self.saved is not None
        self.hidden.clear()
        self.site.region.restore(self.saved)
        self.restored = True

    # What happens on the way

    @rule(requests=moment)
    def go_down_after(self, requests: int) -> None:
        left = itertools.count(requests, -1)
        self.site.region.intercept = lambda *_: BROKEN_PROXY if next(left) <= 0 else None

    @rule()
    def come_up(self) -> None:
        self.site.region.intercept = None

    # What happens to us

    @rule()
    def poll(self) -> None:
        self.site.poll()
        if self.first_cursor is None:
            self.first_cursor = self.site.region_row().event_cursor

    @rule(requests=moment, more=moment, wanted=several)
    def poll_while_something_changes_and_die(self, requests: int, more: int, wanted: list[tuple[int, str]]) -> None:
        left = itertools.count(requests + more, -1)

        def die(*_: object) -> None:
            left_now = next(left)
            if left_now == more:
                self.change(wanted)
            if left_now == 0:
                raise Crash

        with suppress(Crash), self.interrupted(die):
            self.poll()
        self.another_follows()

    @rule()
    def another_follows(self) -> None:
        self.site.readings.clear()

    @rule(requests=moment, wanted=several)
    def poll_while_something_changes(self, requests: int, wanted: list[tuple[int, str]]) -> None:
        left = itertools.count(requests, -1)

        def meddle(*_: object) -> None:
            if next(left) == 0:
                self.change(wanted)

        with self.interrupted(meddle):
            self.poll()

    @rule(seconds=st.integers(1, 400), wanted=several)
    def wait(self, seconds: int, wanted: list[tuple[int, str]]) -> None:
        self.change(wanted)
        if self.hidden and self.clock.seconds() + seconds > self.hidden[0][1] + OVERLAP.total_seconds() - 1:
            self.show_what_was_hidden()
        self.clock.forward(seconds=seconds)

    # What must hold

    def settle_and_compare(self) -> None:
        self.come_up()
        self.show_what_was_hidden()
        for _ in range(ROUNDS):
            self.clock.forward(seconds=PRESENCE)
            self.poll()
        region = self.site.region
        assert self.site.region_row().health == "ok"
        assert self.known() == {system_id: self.as_maas_has_it(system_id) for system_id in region.system_ids()}
        if not self.restored:
            assert self.told(after=self.first_cursor or 0) - set(self.recorded()) == set()
        newest = self.newest_id()
        for system_id in region.system_ids():
            region.pxe_boot(system_id)
        self.poll()
        now = self.recorded(epoch=self.site.region_row().event_epoch)
        assert self.told(after=newest) - set(now) == set(), "what happens now is not followed"

    def known(self) -> dict[str, tuple[object, ...]]:
        with self.site.database.read() as session:
            found = session.scalars(select(Machine).where(Machine.vanished_at.is_(None)))
            return {
                m.system_id: (m.hostname, m.status, sorted(m.tags), m.pool, m.zone, m.owner or "", m.locked)
                for m in found
            }

    def as_maas_has_it(self, system_id: str) -> tuple[object, ...]:
        m = self.site.region.snapshot(system_id)
        return (m.hostname, m.status, sorted(m.tags), m.pool, m.zone, m.owner or "", m.locked)

    def recorded(self, epoch: int | None = None) -> list[Told]:
        """MAAS's events on the timeline, of all epochs or one. None is there twice, unless MAAS gave its id twice."""
        query = select(MachineEvent.dedup_key, Machine.system_id, MachineEvent.kind, MachineEvent.message)
        joined = query.join(Machine, Machine.id == MachineEvent.machine_id).where(MachineEvent.dedup_key.is_not(None))
        with self.site.database.read() as session:
            rows = [(str(row[0]).split(":"), row[1], row[2], row[3]) for row in session.execute(joined)]
        found = [
            (int(key[-1]), system_id, kind, message)
            for key, system_id, kind, message in rows
            if epoch in (None, int(key[2]) if len(key) == 4 else 0)
        ]
        assert self.restored or len({number for number, *_ in found}) == len(found), "an event is there twice"
        return found

    def told(self, *, after: int) -> set[Told]:
        """What MAAS's log says, as the timeline should have it."""
        log = self.site.region.core.events._events
        return {(e.id, e.machine.system_id, e.type, e.description) for e in log if e.id > after}

    def newest_id(self) -> int:
        log = self.site.region.core.events._events
        return log[-1].id if log else 0

    # Helpers

    def new_name(self) -> str:
        return next(self.names)

    @contextmanager
    def reachable(self) -> Iterator[None]:
        """The others' way to MAAS is another one."""
        before, self.site.region.intercept = self.site.region.intercept, None
        try:
            yield
        finally:
            self.site.region.intercept = before

    @contextmanager
    def interrupted(self, act: Callable[..., object]) -> Iterator[None]:
        """Each request of ours is preceded by this."""
        before = self.site.region.intercept

        def intercept(method: str, path: str, op: str | None) -> tuple[int, str] | None:
            act(method, path, op)
            return before(method, path, op) if before else None

        self.site.region.intercept = intercept
        try:
            yield
        finally:
            self.site.region.intercept = before


@pytest.mark.timeout(300)
def test_once_it_is_quiet_gough_knows_every_machine_as_maas_does(sqlite_template: Path, tmp_path: Path) -> None:
    bounded = settings(
        max_examples=8, stateful_step_count=30, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(lambda: Faults(sqlite_template, tmp_path), settings=bounded)  # type: ignore[arg-type]


@pytest.fixture
def restored(site: Site, clock: Clock) -> tuple[str, Callable[[], None]]:
    """A machine that Gough follows, and what puts its region back to where it was before more was seen of it."""
    stays = site.enlisted("stays")
    site.poll()
    site.region.pxe_boot(stays)
    site.poll()
    saved = site.region.backup()

    def restore() -> None:
        clock.forward(seconds=10)
        site.region.restore(saved)

    return stays, restore


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_restore_is_noticed_although_an_older_event_is_still_there(
    site: Site, clock: Clock, restored: tuple[str, Callable[[], None]]
) -> None:
    stays, restore = restored
    gone = site.enlisted("gone")
    for _ in range(5):
        site.region.pxe_boot(gone)
    site.poll()
    restore()
    site.region.pxe_boot(stays)  # with ids that were given before, to events of a machine that is not there any more
    clock.forward(seconds=PRESENCE)
    site.poll()
    site.region.pxe_boot(stays)
    site.poll()
    assert site.machine(gone).vanished_at is not None
    assert [e.kind for e in site.timeline(stays, "maas")].count("PXE Request") >= 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_restore_is_noticed_although_its_events_were_read_before_the_next_presence_check(
    site: Site, clock: Clock, restored: tuple[str, Callable[[], None]]
) -> None:
    stays, restore = restored
    site.region.pxe_boot(stays)
    site.poll()
    restore()
    site.maas.commission(stays, WITHOUT_TESTS)
    site.region.pxe_boot(stays)
    site.poll()
    clock.forward(seconds=PRESENCE)
    site.poll()
    assert site.region_row().event_epoch == 1
