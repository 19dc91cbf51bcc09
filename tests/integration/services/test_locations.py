"""Where machines stand, said by people and by files, on both databases."""

import json
from time import perf_counter
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from gough.domain.errors import Conflict, Invalid
from gough.persistence.database import Database
from gough.persistence.models import Machine, MachineEvent, Region
from gough.services import locations
from gough.services.locations import Imported, import_file
from gough.services.machine_list import MachineQuery, listed
from tests.support.site import Site

MACS = {"a": "52:54:00:00:00:0a", "b": "52:54:00:00:00:0b", "c": "52:54:00:00:00:0c"}
TWICE = "To be filled by O.E.M."


@pytest.fixture(autouse=True)
def machines(database: Database, site: Site) -> None:
    """a, b and c; b and c have the serial of a board whose maker wrote none."""
    add(database, site, {name: {"serial": "SN-A" if name == "a" else TWICE, "mac_addresses": [MACS[name]]}
                         for name in MACS})  # fmt: skip


def add(database: Database, site: Site, found: dict[str, dict[str, Any]]) -> None:
    now = site.clock.now
    with database.write() as session:
        region = session.scalars(select(Region)).one()
        rows = [
            {"id": f"mac_{name}", "region_id": region.id, "system_id": f"sys{name}", "hostname": f"host-{name}",
             "fqdn": f"host-{name}.example", "status": 4, "status_since": now, "first_seen_at": now, "observed_at": now,
             "service": "out", "service_since": now, **more}
            for name, more in found.items()
        ]  # fmt: skip
        session.execute(insert(Machine), rows)


def places(database: Database) -> dict[str, str]:
    with database.read() as session:
        return {m.id[4:]: str(locations.of(m)) for m in session.scalars(select(Machine)) if m.site or m.rack}


def problems(done: Imported) -> dict[str, str]:
    return {problem.pointer: problem.message for problem in done.problems}


def found_by(database: Database, text: str) -> list[str]:
    with database.read() as session:
        return [row["hostname"] for row in listed(session, MachineQuery(text))]


# One machine


def test_a_location_is_said_in_parts_and_cleared(site: Site, database: Database) -> None:
    locations.locate(site.use, "host-a", by="ada", site="Oslo", rack="R1", unit="U12")
    assert places(database) == {"a": "Oslo / R1 / U12"}
    assert found_by(database, "OSLO") == ["host-a"]
    locations.locate(site.use, "host-a", by="ada", unit="13.5")
    assert places(database) == {"a": "Oslo / R1 / U13.5"}
    with pytest.raises(Invalid):
        locations.locate(site.use, "host-a", by="ada", rack="")
    locations.locate(site.use, "host-a", by="ada", site="", rack="", unit="")
    assert places(database) == {}
    assert found_by(database, "oslo") == []


def test_the_timeline_tells_who_moved_it_and_only_then(site: Site) -> None:
    for _ in range(2):
        locations.locate(site.use, "host-a", by="ada", site="Oslo")
    (event,) = site.timeline("sysa", "person")
    assert (event.kind, event.actor, event.message) == ("located", "ada", "location Oslo, before unknown")


def test_a_spot_is_for_one_machine_and_a_rack_for_many(site: Site, database: Database) -> None:
    locations.locate(site.use, "host-a", by="ada", site="Oslo", rack="R1", unit="1")
    with pytest.raises(Conflict, match="host-a stands at Oslo / R1 / U1"):
        locations.locate(site.use, "host-b", by="ada", site="Oslo", rack="R1", unit="1")
    locations.locate(site.use, "host-b", by="ada", site="Oslo", rack="R1")
    assert places(database) == {"a": "Oslo / R1 / U1", "b": "Oslo / R1"}


# Files

OURS = "hostname,site,rack,unit\nhost-a,Oslo,R1,1\nHOST-B.example,Oslo,R1,2.5\n"
EXPORT = "Name,Status,Site,Rack,Position,Serial number,Asset tag\nx,Active,Oslo,R1,1,SN-A,1\nhost-b,,Oslo,R1,2.5,,\n"
DEVICES = [
    {"id": 1, "name": "other", "serial": "SN-A", "site": {"id": 1, "name": "Oslo"}, "rack": {"name": "R1"},
     "position": 1.0, "face": {"value": "front"}},
    {"id": 2, "name": "host-b", "serial": "", "site": {"name": "Oslo"}, "rack": {"name": "R1"}, "position": 2.5},
]  # fmt: skip
FORMS = {
    "our own": OURS.encode(),
    "a spreadsheet's": b"\xef\xbb\xbf" + OURS.replace(",", ";").replace("2.5", '"2,5"').replace("\n", "\r\n").encode(),
    "tabs in UTF-16": OURS.replace(",", "\t").encode("utf-16"),
    "quoted": b'"mac","site","rack","unit"\n"5254.0000.000A","Oslo","R1","1"\n52-54-00-00-00-0B,Oslo,R1,U2.5',
    "by system_id first": b"system_id,hostname,site,rack,unit\nsysa,host-c,Oslo,R1,1\nsysb,,Oslo,R1,2.5\n",
    "NetBox's CSV": EXPORT.encode(),
    "NetBox's JSON": json.dumps({"count": 2, "next": None, "results": DEVICES}).encode(),
    "a bare list": json.dumps(DEVICES).encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_file_is_read_whatever_its_form(site: Site, database: Database, form: str) -> None:
    assert import_file(site.use, FORMS[form], by="ada", dry_run=True) == Imported(2, 0, 0, ())
    assert places(database) == {}
    assert import_file(site.use, FORMS[form], by="ada") == Imported(2, 0, 0, ())
    assert places(database) == {"a": "Oslo / R1 / U1", "b": "Oslo / R1 / U2.5"}
    assert found_by(database, "oslo") == ["host-a", "host-b"]
    assert [e.actor for e in site.timeline("sysb", "person")] == ["ada"]
    assert import_file(site.use, FORMS[form], by="ada") == Imported(0, 2, 0, ())
    assert len(site.timeline("sysb", "person")) == 1


def test_bad_rows_are_told_by_their_line_and_good_ones_count(site: Site, database: Database) -> None:
    rows = [
        "hostname,serial,site,rack,unit",
        "host-a,,Oslo,R1,1",
        '"nobody\nat all",,Oslo,R1,9',
        f"host-a,{TWICE},Oslo,R1,3",
        f"host-c,{TWICE},Oslo,R1,120",
        "",
        "host-a,,Oslo,R1,4",
    ]
    done = import_file(site.use, "\n".join(rows).encode(), by="ada")
    assert places(database) == {"a": "Oslo / R1 / U1"}
    assert (done.updated, done.unchanged, done.unmatched) == (1, 0, 1)
    said = problems(done)
    assert list(said) == ["line 3", "line 5", "line 6", "line 8"]
    assert "no machine matches" in said["line 3"]
    assert "2 machines match" in said["line 5"] and "host-b, host-c" in said["line 5"]
    assert said["line 6"].startswith("unit: expected")
    assert "line 2" in said["line 8"]


def test_machines_may_swap_but_not_share_a_spot(site: Site, database: Database) -> None:
    head = "hostname,site,rack,unit\n"
    import_file(site.use, f"{head}host-a,S,R,1\nhost-b,S,R,2\n".encode(), by="ada")
    assert import_file(site.use, f"{head}host-a,S,R,2\nhost-b,S,R,1\n".encode(), by="ada").updated == 2
    # b stays at 1, as c is bound for 3 as well; so a, which would follow b to 1, stays too.
    done = import_file(site.use, f"{head}host-b,S,R,3\nhost-c,S,R,3\nhost-a,S,R,1\n".encode(), by="ada")
    assert done.updated == 0
    assert list(problems(done)) == ["line 2", "line 3", "line 4"]
    assert "would share S / R / U1 with host-b" in problems(done)["line 4"]
    assert places(database) == {"a": "S / R / U2", "b": "S / R / U1"}


def test_columns_that_are_not_there_change_nothing(site: Site, database: Database) -> None:
    import_file(site.use, OURS.encode(), by="ada")
    import_file(site.use, b"hostname,site\nhost-a,Bergen\n", by="ada")
    import_file(site.use, b"hostname,unit\nhost-b,\n", by="ada")
    assert places(database) == {"a": "Bergen / R1 / U1", "b": "Oslo / R1"}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "names no machine"),
        (b"hostname,site\n", "no rows"),
        (b"name,colour\na,blue\n", "or no location"),
        (b"site,rack\nOslo,R1\n", "names no machine"),
        (b"hostname,site\nhost-a,\xff\n", "not UTF-8"),
        (b"[1, 2]", "no list of devices"),
        (b'{"results": [', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"next": "https://netbox.example/?offset=50", "results": []}', "one page of several"),
        (b"hostname,site\nhost-a," + b"x" * 200_000, "field larger"),
    ],
)
def test_a_file_of_another_kind_says_what_is_wrong(site: Site, data: bytes, said: str) -> None:
    with pytest.raises(Invalid) as caught:
        import_file(site.use, data, by="ada")
    assert said in caught.value.problems[0].message


def test_ten_thousand_rows_take_seconds(site: Site, database: Database) -> None:
    count = 10_000
    add(database, site, {f"n{number}": {"serial": f"S{number}"} for number in range(count)})
    rows = (f"S{number},Oslo,R{number // 40},{number % 40 + 1}" for number in range(count))
    data = "\n".join(["serial,site,rack,unit", *rows]).encode()
    begun = perf_counter()
    assert import_file(site.use, data, by="ada").updated == count
    taken = perf_counter() - begun
    with database.read() as session:
        told = session.scalar(select(func.count()).select_from(MachineEvent).where(MachineEvent.actor == "ada"))
        assert (told, str(locations.of(session.get_one(Machine, "mac_n81")))) == (count, "Oslo / R2 / U2")
    assert taken < 20, f"{taken:.1f} s"
