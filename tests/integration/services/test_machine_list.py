"""The list of machines on both databases: filters, orders, pages, facets."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import insert

from gough.domain.errors import Invalid
from gough.domain.machine_status import MachineStatus
from gough.persistence.database import Database
from gough.persistence.models import Agent, Deployment, Job, Machine, MachineTag, Region
from gough.services.machine_facets import facets
from gough.services.machine_filters import COMMON, FILTERS, choose
from gough.services.machine_list import MachineQuery, Sort, key_of, listed, pages

AGENTS: dict[str, dict[str, Any]] = {
    "a": {"state": "online"},
    "b": {"state": "online", "revoked_at": datetime(2026, 1, 1, 13, tzinfo=UTC)},
    "d": {"state": "online", "conditions": {"degraded": {"reason": "a collector fails"}}},
}
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
READY, DEPLOYED, FAILED = MachineStatus.READY, MachineStatus.DEPLOYED, MachineStatus.FAILED_DEPLOYMENT
# What each is like, beside what all are like.
MACHINES: dict[str, dict[str, Any]] = {
    "a": {"status": DEPLOYED, "service": "in_service", "tags": ["gpu", "ssd"], "zone": "z1", "owner": "ada",
          "site": "Oslo", "rack": "R1", "rack_unit": 2.0},
    "b": {"status": READY, "tags": ["gpu"], "zone": "z1", "locked": True, "site": "Oslo", "rack": "R1"},
    "c": {"status": FAILED, "service": "attention", "tags": ["ssd"], "zone": "z2", "region_id": "far",
          "site": "Oslo", "rack": "R1", "rack_unit": 1.0},
    "d": {"status": DEPLOYED, "service": "in_service", "zone": "z2", "power_state": "on", "pool": "lab",
          "architecture": "arm64/generic"},
    "gone": {"status": DEPLOYED, "tags": ["gpu"], "vanished_at": NOON},
}  # fmt: skip
LIKE_ALL = {
    "region_id": "near", "status": READY, "service": "out", "zone": "z1", "pool": "default", "owner": "",
    "locked": False, "power_state": "off", "architecture": "amd64/generic", "site": "", "rack": "", "rack_unit": None,
    "tags": [], "vanished_at": None,
}  # fmt: skip


@pytest.fixture(autouse=True)
def machines(database: Database) -> None:
    with database.write() as session:
        for name in ("near", "far"):
            session.add(Region(id=name, name=name, url="", api_key_sealed="", created_at=NOON))
        session.flush()
        add(session, MACHINES)
        for name, like in AGENTS.items():
            job = Job(kind="deployment", machine_id=f"mac_{name}", parameters={}, created_by="ada", created_at=NOON)
            deployed = Deployment(job=job, machine_id=f"mac_{name}", series="noble", variables_sealed="")
            session.add(deployed)
            session.flush()
            key = {"machine_id": f"mac_{name}", "deployment_id": deployed.id, "key_hash": name, "enrolled_at": NOON}
            session.add(Agent(**key, **like))


def add(session: Any, found: dict[str, dict[str, Any]]) -> None:
    rows = [
        {**LIKE_ALL, "id": f"mac_{name}", "system_id": name, "hostname": name, "search": name,
         "status_since": NOON + timedelta(minutes=number % 3), "first_seen_at": NOON, "observed_at": NOON,
         "service_since": NOON, **like}
        for number, (name, like) in enumerate(found.items())
    ]  # fmt: skip
    session.execute(insert(Machine), rows)
    tags = [{"tag": tag, "machine_id": row["id"]} for row in rows for tag in row["tags"]]
    if tags:
        session.execute(insert(MachineTag), tags)


def query(**given: Any) -> MachineQuery:
    more = {name: given.pop(name) for name in ("text", "sort", "after", "limit") if name in given}
    return MachineQuery(chosen=choose(given, mark="--"), **more)


def names(database: Database, wanted: MachineQuery) -> str:
    with database.read() as session:
        return "".join(row["hostname"] for row in listed(session, wanted))


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, "abcd"),
        ({"status": ["deployed"]}, "ad"),
        ({"status": ["deployed", "failed_deployment"]}, "acd"),
        ({"service": ["attention"]}, "c"),
        ({"tag": ["gpu"]}, "ab"),
        ({"tag": ["gpu", "ssd"]}, "a"),
        ({"tag": ["nowhere"]}, ""),
        ({"zone": ["z1"], "tag": ["ssd"]}, "a"),
        ({"pool": ["lab"]}, "d"),
        ({"region": ["far"]}, "c"),
        ({"region": ["far", "near"]}, "abcd"),
        ({"owner": ["ada"]}, "a"),
        ({"owner": ["-"]}, "bcd"),
        ({"site": ["Oslo"], "rack": ["R1"]}, "abc"),
        ({"site": ["-"]}, "d"),
        ({"power_state": ["on"]}, "d"),
        ({"architecture": ["amd64"]}, "abc"),
        ({"architecture": ["arm64/generic"]}, "d"),
        ({"architecture": ["%"]}, ""),
        ({"locked": ["true"]}, "b"),
        ({"agent": ["online"]}, "a"),
        ({"agent": ["offline", "degraded"]}, "d"),
        ({"agent": ["none"]}, "bc"),
        ({"text": "A"}, "a"),
        ({"zone": ["", "  "]}, "abcd"),
    ],
)
def test_filters_narrow_the_list(database: Database, given: dict[str, Any], found: str) -> None:
    assert names(database, query(**given)) == found


def test_every_filter_is_tried_above() -> None:
    tried = test_filters_narrow_the_list.pytestmark[0].args[1]
    assert {name for given, _ in tried for name in given} >= set(FILTERS)


@pytest.mark.parametrize(
    ("given", "pointer", "said"),
    [
        ({"status": ["deployed", "Deployed"]}, "--status", "failed_deployment"),
        ({"service": ["perfect"]}, "--service", "in_service"),
        ({"power_state": ["maybe"]}, "--power_state", "unknown"),
        ({"locked": ["1"]}, "--locked", "true, false"),
        ({"zone": ["a\x00b"]}, "--zone", "control"),
        ({"zone": [str(number) for number in range(51)]}, "--zone", "at most 50"),
        ({"region": ["nowhere"]}, "?region", "far, near"),
    ],
)
def test_what_a_filter_does_not_know_is_refused(
    database: Database, given: dict[str, Sequence[str]], pointer: str, said: str
) -> None:
    with pytest.raises(Invalid) as caught:
        names(database, query(**given))
    (problem,) = caught.value.problems
    assert problem.pointer == pointer
    assert said in problem.message


@pytest.mark.parametrize(
    ("sort", "found"),
    [(Sort.HOSTNAME, "abcd"), (Sort.STATUS_SINCE, "cbda"), (Sort.STATUS, "badc"), (Sort.SITE, "dbca")],
)
def test_every_order_is_the_same_in_pages_of_one(database: Database, sort: Sort, found: str) -> None:
    with database.write() as session:
        session.execute(insert(Region), [{"id": "x", "name": "x", "url": "", "api_key_sealed": "", "created_at": NOON}])
    one_by_one = [page[0]["hostname"] for page in pages(database, query(sort=sort, limit=1)) if page]
    assert names(database, query(sort=sort)) == found == "".join(one_by_one)


def test_many_alike_come_once_each_in_every_order(database: Database) -> None:
    with database.write() as session:
        add(session, {f"{number:03}": {"site": "S", "tags": ["many"]} for number in range(COMMON + 20)})
    for sort in Sort:
        seen = [row for page in pages(database, query(sort=sort, tag=["many"], limit=97)) for row in page]
        assert len({row["id"] for row in seen}) == len(seen) == COMMON + 20
        keys = [key_of(row, sort) for row in seen]
        ascends = sort is not Sort.STATUS_SINCE
        assert all((before < after) is ascends for before, after in pairwise(keys))


def test_facets_count_what_matches_and_what_else_could(database: Database) -> None:
    with database.read() as session:
        every = facets(session, query())
        assert every.total == 4
        assert every.counts["status"] == {"deployed": 2, "failed_deployment": 1, "ready": 1}
        assert every.counts["site"] == {"Oslo": 3, "-": 1}
        assert every.counts["tag"] == {"gpu": 2, "ssd": 2}
        some = facets(session, query(status=["deployed"], zone=["z1"]))
    assert some.total == 1
    assert some.counts["status"] == {"deployed": 1, "ready": 1}  # in that zone
    assert some.counts["zone"] == {"z1": 1, "z2": 1}  # of that status
    assert some.counts["service"] == {"in_service": 1}
    assert some.counts["tag"] == {"gpu": 1, "ssd": 1}


def test_facets_keep_the_most_frequent(database: Database) -> None:
    with database.write() as session:
        add(session, {f"n{number}": {"zone": f"zone-{number}", "tags": [f"t{number}"]} for number in range(60)})
    with database.read() as session:
        counts = facets(session, query()).counts
    assert [len(counts[name]) for name in ("zone", "tag")] == [50, 50]
    assert list(counts["zone"])[:2] == ["z1", "z2"]
    assert list(counts["tag"])[:2] == ["gpu", "ssd"]
