"""Following MAAS: what is imported, what is noticed, and that nothing is recorded twice or lost."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import ClassVar

import pytest

from gough.adapters.maas.client import MOST_EVENTS, MaasClient
from gough.domain.machine_options import WITHOUT_TESTS
from gough.domain.machine_status import MachineStatus as Status
from gough.domain.pacing import FIRST_CHUNK
from gough.persistence.models import Region
from gough.ports import ProvisionerEvent
from gough.services import observing, turns
from gough.services.sync.reading import OVERLAP
from tests.contract.harness import HARDWARE
from tests.support.clock import Clock
from tests.support.site import Crash, Site


def requests_of(site: Site) -> list[tuple[str, str | None]]:
    """Every request from now on, as (path, operation); fills while requests are made."""
    seen: list[tuple[str, str | None]] = []
    site.region.intercept = lambda method, path, op: seen.append((path, op))
    return seen


def messages(site: Site, system_id: str) -> list[str]:
    return [f"{e.kind}: {e.message}" for e in site.timeline(system_id, "maas")]


def test_the_first_import_reads_machines_in_chunks_and_records_all_of_them(site: Site) -> None:
    ids = {site.enlisted(f"web-{n:02}") for n in range(FIRST_CHUNK * 5 // 2 + 1)}  # 20, then 30, and one more
    seen = requests_of(site)
    site.poll()
    assert Counter(seen)["machines/", None] == 3
    assert Counter(seen)["machines/", "power_parameters"] == 1
    assert {site.machine(system_id).service for system_id in ids} == {"out"}
    assert site.region_row().imported_at is not None
    assert [e.message for e in site.timeline(min(ids))] == [
        f"{site.machine(min(ids)).hostname} is New in region lab.",
    ]  # fmt: skip


def test_a_quiet_region_costs_one_request_a_poll(site: Site) -> None:
    site.enlisted()
    site.poll()
    seen = requests_of(site)
    site.poll()
    assert seen == [("events/", "query")]


def test_a_change_is_noticed_by_its_event_and_recorded_with_it(site: Site) -> None:
    system_id = site.enlisted()
    site.poll()
    site.maas.commission(system_id, WITHOUT_TESTS)
    site.poll()
    assert site.machine(system_id).status == Status.COMMISSIONING
    assert "Node changed status: From 'New' to 'Commissioning'" in messages(site, system_id)
    assert {e.actor for e in site.timeline(system_id, "maas")} == {"admin", ""}


def test_the_same_page_twice_adds_nothing(site: Site) -> None:
    system_id, read = site.ready(), []
    for _ in range(3):
        with site.database.write() as session:
            region = session.get_one(Region, site.region_row().id)
            region.event_cursor, region.event_marks = 0, []
        site.poll()
        read.append(messages(site, system_id))
    assert read[0] == read[1] == read[2] != []


@pytest.fixture(params=["remembered", "forgotten"])
def between(site: Site, request: pytest.FixtureRequest) -> Callable[[], None]:
    """To be called between two polls: the same follower goes on, or another one."""
    return site.readings.clear if request.param == "forgotten" else lambda: None


def test_the_cursor_stays_before_a_missing_id_until_it_is_too_old_to_come(
    site: Site, clock: Clock, between: Callable[[], None]
) -> None:
    system_id = site.enlisted()
    site.poll()
    site.maas.commission(system_id, WITHOUT_TESTS)
    site.poll()
    log = site.region.core.events._events
    at_rest = log[-1].id
    assert site.region_row().event_cursor == at_rest, "no id is missing, so nothing is read twice"
    site.region.pxe_boot(system_id)
    missing = next(event.id for event in log if event.id == at_rest + 1)
    log[:] = [event for event in log if event.id != missing]
    clock.forward(seconds=OVERLAP.total_seconds() - 5)
    site.region.pxe_boot(system_id)
    site.poll()
    assert site.region_row().event_cursor == at_rest
    between()
    clock.forward(seconds=10)
    site.region.pxe_boot(system_id)
    site.poll()
    assert at_rest < (site.region_row().event_cursor or 0)


def test_an_event_that_commits_behind_a_later_id_is_not_missed(
    site: Site, clock: Clock, between: Callable[[], None]
) -> None:
    """MAAS takes ids before it commits: event 5 may become visible after event 6 was read."""
    system_id = site.enlisted()
    site.poll()
    site.region.pxe_boot(system_id)
    log = site.region.core.events._events
    late = log.pop(1)
    site.poll()
    assert not any(m.startswith(late.type) for m in messages(site, system_id))
    log.insert(1, late)
    clock.forward(seconds=20)
    between()
    site.poll()
    assert len([m for m in messages(site, system_id) if m.startswith(late.type)]) == 1


class Attentive(MaasClient):
    """Remembers the event ids that it was told."""

    told: ClassVar[Counter[int]] = Counter()

    def events(self, after: int, *, limit: int = MOST_EVENTS) -> Sequence[ProvisionerEvent]:
        page = super().events(after, limit=limit)
        self.told.update(event.id for event in page)
        return page


def test_behind_a_missing_id_what_was_read_is_not_read_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else each transaction that MAAS rolled back would cost a minute of events at every poll."""
    system_id = site.enlisted()
    site.poll()
    log = site.region.core.events._events
    site.region.pxe_boot(system_id)
    del log[-2]
    for _ in range(20):
        site.region.pxe_boot(system_id)
    site.poll()
    monkeypatch.setattr("tests.support.site.MaasClient", Attentive)
    site.use.close()  # else the client that is there goes on
    Attentive.told.clear()
    site.region.pxe_boot(system_id)
    site.poll()
    assert sum(Attentive.told.values()) <= 10
    assert Attentive.told.keys() >= {log[-1].id, log[-2].id}


def test_a_machine_without_any_event_is_found_by_the_presence_check(site: Site, clock: Clock) -> None:
    site.poll()
    system_id = site.enlisted("latecomer")
    clock.forward(seconds=299)
    site.poll()
    with pytest.raises(Exception, match="No row"):
        site.machine(system_id)
    clock.forward(seconds=1)
    site.poll()
    assert site.machine(system_id).hostname == "latecomer"


def test_a_machine_deleted_in_maas_vanishes_with_its_history_kept_and_may_come_back(site: Site, clock: Clock) -> None:
    system_id, job_id = site.deploying()
    removed = site.region.core.machines.pop(system_id)
    clock.forward(seconds=300)
    site.settle()
    assert site.machine(system_id).vanished_at is not None
    assert [e.kind for e in site.timeline(system_id)].count("machine-vanished") == 1
    assert site.job(job_id).state == "failed" and messages(site, system_id)
    clock.forward(seconds=300)
    site.poll()
    assert [e.kind for e in site.timeline(system_id)].count("machine-vanished") == 1
    site.region.core.machines[system_id] = removed
    clock.forward(seconds=300)
    site.poll()
    assert site.machine(system_id).vanished_at is None


def test_a_region_that_is_down_is_shown_as_down_and_recovers_without_a_loss(site: Site) -> None:
    system_id = site.enlisted()
    site.poll()
    site.region.intercept = lambda *_: (502, "proxy")
    site.poll()
    row = site.region_row()
    assert row.health == "down" and "502 proxy" in row.health_reason
    site.region.intercept = None
    site.maas.commission(system_id, WITHOUT_TESTS)
    site.poll()
    assert site.region_row().health == "ok"
    assert site.machine(system_id).status == Status.COMMISSIONING


def test_a_revoked_key_needs_somebody_to_act(site: Site) -> None:
    site.region.intercept = lambda *_: (401, "Authorization Error: Invalid access token")
    site.poll()
    assert site.region_row().health == "refused" and "API key" in site.region_row().health_reason


def test_one_region_in_trouble_does_not_stop_the_others(site: Site, clock: Clock) -> None:
    with site.database.write() as session:
        broken = Region(name="broken", url="http://x", created_at=clock.now)
        broken.api_key_sealed = site.use.sealer.seal_text("not a key")
        session.add(broken)
    system_id = site.enlisted()
    site.poll()
    assert site.machine(system_id).hostname == "web-1"


def test_a_region_is_followed_by_one_process_at_a_time_and_a_dead_ones_turn_ends(site: Site, clock: Clock) -> None:
    token = turns.take(site.use, site.region_row().id)
    assert token is not None
    seen = requests_of(site)
    site.poll()
    assert seen == []
    clock.now += turns.length(site.use)
    site.poll()
    assert seen != []


@pytest.mark.parametrize("trouble", ["killed", "MAAS down"])
def test_a_change_seen_only_in_the_log_is_fetched_even_when_the_poll_is_cut_short(
    site: Site, clock: Clock, trouble: str
) -> None:
    """The machine moves on between being read and the log being read again; then the poll dies."""
    system_id, asked = site.enlisted(), []
    site.poll()
    site.region.core.tell(site.region.core.machines[system_id], "User powering up node", "(alice)", user="alice")

    def meddle(method: str, path: str, op: str | None) -> tuple[int, str] | None:
        asked.append((path, op))
        if op == "query" and asked.count(("machines/", None)) == 1 and not fetched:
            fetched.append(True)
            site.region.core.move(site.region.core.machines[system_id], Status.BROKEN)
        elif op == "query" and fetched:
            if trouble == "killed":
                raise Crash
            return 502, "proxy"
        return None

    fetched: list[bool] = []
    site.region.intercept = meddle
    if trouble == "killed":
        with pytest.raises(Crash):
            site.poll()
    else:
        site.poll()
    site.region.intercept = None
    clock.now += timedelta(seconds=5)
    site.poll()
    assert site.region.status(system_id) is Status.BROKEN
    assert site.machine(system_id).status == Status.BROKEN


def test_an_old_answer_does_not_undo_a_newer_one(site: Site, clock: Clock) -> None:
    system_id = site.ready()
    machine, record = site.machine(system_id), site.maas.machine(system_id)
    clock.forward(seconds=10)
    site.maas.allocate(system_id, agent_name="x")
    site.poll()
    with site.database.write() as session:
        region = session.get_one(Region, machine.region_id)
        observing.observe(session, region, record, observed_at=clock.now - timedelta(seconds=5))
    assert site.machine(system_id).status == Status.ALLOCATED


def test_a_machine_in_service_that_somebody_releases_in_maas_is_not_in_service_any_more(site: Site) -> None:
    system_id, _ = site.in_service()
    site.maas.release(system_id)
    site.until(system_id, Status.READY)
    site.settle()
    found = site.machine(system_id)
    assert found.service == "attention" and "Ready" in found.reason and found.next_action


def test_the_output_of_a_failed_script_is_on_the_timeline_once_and_nothing_of_those_that_passed(
    site: Site, clock: Clock
) -> None:
    system_id = site.enlisted()
    site.poll()
    site.maas.commission(system_id, WITHOUT_TESTS)
    site.region.pxe_boot(system_id)
    for number, name in enumerate(site.region.pending_scripts(system_id)):
        output = "\n".join(f"line {n}" for n in range(30)) + "\nno space left" if number == 2 else "fine"
        site.region.report_script(system_id, name, 1 if number == 2 else 0, output)
    site.region.finish_commissioning(system_id, HARDWARE)
    site.poll()
    assert site.machine(system_id).status == Status.FAILED_COMMISSIONING
    clock.forward(seconds=60)
    site.poll()
    told = [e for e in site.timeline(system_id, "maas") if e.kind == "Script output"]
    assert len(told) == 1
    assert "no space left" in told[0].message and "line 29" in told[0].message
    assert "line 3\n" not in told[0].message and "fine" not in told[0].message


def test_an_installers_many_lines_are_recorded_without_reading_its_machine_again(site: Site) -> None:
    system_id, _ = site.deploying()
    site.region.pxe_boot(system_id)
    site.settle()
    seen = requests_of(site)
    for number in range(5):
        site.region.signal(
            system_id,
            origin="curtin",
            name=f"cmd-install/stage-{number}",
            event_type="start",
            description=f"part {number}",
        )
    site.region.signal(system_id, origin="curtin", name="cmd-install", event_type="start", description="curtin")
    before = len(messages(site, system_id))
    site.settle()
    assert len(messages(site, system_id)) >= before + 4
    assert ("machines/", None) not in seen
    assert site.machine(system_id).status_message == site.region.snapshot(system_id).status_message
