"""The event log: the cheap way to learn what changed."""

from typing import Any

from gough.adapters.maas import MaasClient

from .harness import Lab, Target, newest_id


def test_a_region_without_events_starts_at_zero(lab: Lab) -> None:
    assert newest_id(lab.maas) == 0
    assert lab.maas.events(0) == []


def test_nothing_is_newer_than_the_newest_event(maas: MaasClient) -> None:
    assert maas.events(newest_id(maas) + 1_000_000) == []


def test_events_come_oldest_first(target: Target, maas: MaasClient) -> None:
    ids = [event.id for event in maas.events(0, limit=50)]
    assert ids == sorted(ids)


def test_the_newest_event_up_to_an_id_is_the_last_one_there_is(lab: Lab) -> None:
    gone = lab.ready("gone")
    last_of_the_gone = newest_id(lab.maas)
    lab.ready("stays")
    everything = {event.id: event for event in lab.maas.events(0)}
    assert lab.maas.newest_event() == everything[max(everything)]
    assert lab.maas.newest_event(up_to=2) == everything[2]
    assert lab.maas.newest_event(up_to=max(everything) + 1000) == everything[max(everything)]
    assert lab.maas.newest_event(up_to=0) is None
    lab.maas.delete_machine(gone)
    assert lab.maas.newest_event(up_to=last_of_the_gone) is None, "events end with their machine"


def test_creating_renaming_and_deleting_a_machine_leave_no_event(lab: Lab) -> None:
    system_id = lab.target.new_machine()
    lab.target.http("PUT", f"machines/{system_id}/", data={"hostname": "renamed"})
    lab.target.http("DELETE", f"machines/{system_id}/")
    assert newest_id(lab.maas) == 0


def test_paging_by_the_last_id_sees_every_event_once(lab: Lab) -> None:
    lab.deployed()
    everything = [event.id for event in lab.maas.events(0)]
    paged: list[int] = []
    while page := lab.maas.events(paged[-1] if paged else 0, limit=3):
        assert len(page) <= 3
        paged += [event.id for event in page]
    assert paged == everything
    assert paged[-1] == newest_id(lab.maas)


def test_the_wire_lists_the_oldest_newer_events_newest_first(lab: Lab) -> None:
    lab.ready()
    answer = lab.target.http(
        "GET", "events/", params={"op": "query", "level": "DEBUG", "limit": "3", "after": "2"}
    ).json()
    assert [event["id"] for event in answer["events"]] == [5, 4, 3]
    assert answer["count"] == 3
    assert answer["next_uri"] == "/MAAS/api/2.0/events/?op=query&level=DEBUG&limit=3&after=5"
    assert answer["prev_uri"] == "/MAAS/api/2.0/events/?op=query&level=DEBUG&limit=3&before=3"


def test_events_filter_by_level_machine_and_bounds(lab: Lab) -> None:
    first, second = lab.ready("one"), lab.ready("two")

    def query(**params: str) -> list[dict[str, Any]]:
        answer = lab.target.http("GET", "events/", params={"op": "query", **params}).json()["events"]
        assert isinstance(answer, list)
        return answer

    assert {event["level"] for event in query()} == {"INFO"}
    assert {event["node"] for event in query(level="DEBUG", id=first)} == {first}
    assert {event["node"] for event in query(hostname="two")} == {second}
    assert [event["id"] for event in query(level="DEBUG", before="4", limit="2")] == [3, 2]


def test_an_event_carries_who_what_and_when(lab: Lab) -> None:
    system_id = lab.ready("web-7")
    asked = lab.maas.events(0)[0]
    assert (asked.system_id, asked.hostname) == (system_id, "web-7")
    assert (asked.type, asked.description) == ("User starting node commissioning", "(admin)")
    assert (asked.level, asked.username) == ("DEBUG", "admin")
    assert asked.created.utcoffset() is not None
    assert lab.maas.events(1)[0].username == ""
