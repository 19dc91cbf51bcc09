"""What leaves no event: renames, tags, creation, deletion, a restored backup; and what finding it costs the region."""

from datetime import timedelta

import pytest

from gough.domain.machine_options import WITHOUT_TESTS
from gough.domain.machine_status import MachineStatus as Status
from gough.domain.pacing import RECONCILE_SHARE, SMALLEST_CHUNK
from gough.persistence.database import Database
from gough.persistence.models import Region
from gough.services import machine_list, regions
from gough.services.machine_list import MachineQuery
from tests.support.clock import Clock
from tests.support.site import Site


def told(site: Site, system_id: str) -> list[str]:
    return [e.message for e in site.timeline(system_id) if e.kind == "machine-changed"]


def follow(site: Site, clock: Clock, *, seconds: float) -> None:
    """Poll for so long, at the pace of the setting."""
    until = clock.now + timedelta(seconds=seconds)
    while clock.now < until:
        site.poll()
        clock.forward(seconds=site.use.settings.maas_poll_seconds)


def test_a_rename_and_a_tag_leave_no_event_and_are_found_and_told_all_the_same(site: Site, clock: Clock) -> None:
    system_id = site.enlisted("old-name")
    site.poll()
    site.maas.update(system_id, {"hostname": "new-name"})
    site.maas.set_tags(system_id, add=["gpu", "ssd"])
    follow(site, clock, seconds=30)
    assert site.machine(system_id).hostname == "new-name"
    assert told(site, system_id) == ["hostname: old-name → new-name; tags: - → gpu, ssd"]
    with site.database.read() as session:
        tagged = machine_list.listed(session, MachineQuery(chosen={"tag": ("gpu", "ssd")}))
    assert [row["hostname"] for row in tagged] == ["new-name"]
    site.maas.set_tags(system_id, remove=["gpu"])
    follow(site, clock, seconds=30)
    with site.database.read() as session:
        assert machine_list.listed(session, MachineQuery(chosen={"tag": ("gpu",)})) == []
        assert machine_list.listed(session, MachineQuery(chosen={"tag": ("ssd",)})) != []


def test_a_deletion_is_found_before_the_next_presence_check(site: Site, clock: Clock) -> None:
    gone, stays = site.enlisted("gone"), site.enlisted("stays")
    site.poll()
    del site.region.core.machines[gone]
    follow(site, clock, seconds=30)
    assert site.machine(gone).vanished_at is not None
    assert site.machine(stays).vanished_at is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_reconcile_takes_a_tenth_of_a_slow_regions_time_and_reads_everything_within_its_period(
    site: Site, clock: Clock
) -> None:
    ids = [site.enlisted(f"web-{n:03}") for n in range(120)]
    site.slow()
    began = clock.now
    site.poll()
    serving = site.region.serving_seconds
    assert (clock.now - began).total_seconds() <= 1.1 * serving, "the import is slower than the region"
    row = site.region_row()
    assert 20 < row.chunk_size < 40 and row.import_total == 0
    follow(site, clock, seconds=60)  # until the import is out of the window
    busy, since = site.region.serving_seconds, clock.now
    follow(site, clock, seconds=600)
    share = (site.region.serving_seconds - busy) / (clock.now - since).total_seconds()
    row = site.region_row()
    assert 0.5 * RECONCILE_SHARE < share <= RECONCILE_SHARE
    assert row.reconcile_duty == pytest.approx(share, rel=0.5) and (row.duty or 0) >= (row.reconcile_duty or 0)
    with site.database.read() as session:
        standing = regions.standing(session, row, clock.now)
    assert standing.machines == len(ids) and standing.oldest_reading is not None
    assert (clock.now - standing.oldest_reading).total_seconds() <= 1.5 * (row.reconcile_period or 0)


def test_a_large_import_is_usable_and_followed_while_it_goes_on(site: Site, clock: Clock) -> None:
    ids = sorted(site.enlisted(f"web-{n:03}") for n in range(90))
    site.slow(per_machine=0.2)
    seen: list[tuple[int, int]] = []

    def look(method: str, path: str, op: str | None) -> None:
        row = site.region_row()
        seen.append((row.import_done, row.import_total))
        if len(seen) == 8:
            site.region.pxe_boot(ids[0])
            site.region.core.move(site.region.core.machines[ids[0]], Status.COMMISSIONING)
        if path == "machines/" and len(seen) == 14:
            assert site.machine(ids[0]).status == Status.COMMISSIONING, "events wait until the import is over"

    site.region.intercept = look
    site.poll()
    done = [part for part, total in seen if total == 90]
    assert done == sorted(done) and len(set(done)) > 5
    assert all(site.machine(system_id).hostname for system_id in ids)


def test_an_import_that_dies_goes_on_where_it_was(site: Site, clock: Clock) -> None:
    ids = sorted(site.enlisted(f"web-{n:03}") for n in range(60))
    asked: list[int] = []

    def fail_once(method: str, path: str, op: str | None) -> tuple[int, str] | None:
        if (path, op) == ("machines/", None):
            asked.append(1)
            return (502, "proxy") if 2 <= len(asked) <= 4 else None
        return None

    site.region.intercept = fail_once
    site.poll()
    row = site.region_row()
    assert (row.health, row.import_done, row.import_total) == ("down", 20, 60)
    site.region.intercept = None
    read_before = {system_id: site.machine(system_id).observed_at for system_id in ids[:20]}
    clock.forward(seconds=5)
    site.poll()
    assert site.region_row().health == "ok" and site.region_row().import_total == 0
    assert read_before == {system_id: site.machine(system_id).observed_at for system_id in ids[:20]}


def test_a_region_restored_from_a_backup_is_noticed_and_everything_is_read_again(site: Site, clock: Clock) -> None:
    """Event ids go back and are given again to other events: none of the new ones may count as known."""
    first, second = site.enlisted("first"), site.enlisted("second")
    site.poll()
    saved = site.region.backup()
    site.maas.commission(first, WITHOUT_TESTS)
    site.commissions(first)
    site.poll()
    assert site.machine(first).status == Status.READY
    row = site.region_row()
    cursor = row.event_cursor or 0
    clock.forward(seconds=10)
    site.region.restore(saved)
    for _ in range(20):  # more than there were: the newest id alone tells nothing
        site.region.pxe_boot(second)
    site.maas.commission(second, WITHOUT_TESTS)
    assert max(event.id for event in site.region.core.events._events) > cursor
    clock.forward(seconds=300)
    with site.database.write() as session:  # the reconcile would find it in its own time; this must be at once
        session.get_one(Region, row.id).reconcile_at = clock.now + timedelta(days=1)
    site.poll()
    row = site.region_row()
    assert row.event_epoch == 1 and "restored from a backup" in row.remark
    assert site.machine(first).status == Status.NEW
    assert site.machine(second).status == Status.COMMISSIONING
    clock.forward(seconds=5)
    site.commissions(second)
    site.poll()
    assert site.machine(second).status == Status.READY
    moves = [e.message for e in site.timeline(second, "maas") if e.kind == "Node changed status"]
    assert moves[-1] == "From 'Commissioning' to 'Ready'"


def test_deleting_the_machine_of_the_newest_event_is_no_restored_backup(site: Site, clock: Clock) -> None:
    stays, gone = site.ready("stays"), site.ready("gone")
    site.poll()
    newest = site.region_row().event_cursor
    site.region.core.events.forget(site.region.core.machines.pop(gone))
    assert site.maas.newest_event(up_to=newest) is not None, "then only the newest mark is gone"
    read_at = site.machine(stays).observed_at
    clock.forward(seconds=4)
    site.poll()
    assert site.region_row().remark == "" and site.machine(stays).observed_at == read_at
    site.maas.commission(stays, WITHOUT_TESTS)
    site.poll()
    assert site.machine(stays).status == Status.COMMISSIONING, "events go on"


def test_a_slow_region_is_shown_as_slow_and_asked_for_less_at_a_time(site: Site, clock: Clock) -> None:
    for number in range(30):
        site.enlisted(f"web-{number:02}")
    site.slow(fixed=11.0)
    site.poll()
    row = site.region_row()
    assert row.health == "slow" and "12 s" in row.health_reason
    assert row.chunk_size == SMALLEST_CHUNK


def test_two_regions_with_the_same_ids_do_not_get_in_each_others_way(site: Site, database: Database) -> None:
    regions.add(site.use, "second", "http://maas.example/MAAS/", site.region.api_key)
    system_id = site.enlisted()
    site.poll()
    with database.read() as session:
        rows = machine_list.listed(session, MachineQuery())
    assert {(row["system_id"], row["region"]) for row in rows} == {(system_id, "lab"), (system_id, "second")}
