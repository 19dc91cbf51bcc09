"""Saved queries, scheduled ones, and asking hosts at once."""

import pytest

from gough.adapters.fleet import FleetClient
from gough.domain.errors import Conflict, NotFound

from .harness import Lab, Target, answering

SQL = "SELECT hostname FROM system_info"


def test_an_online_host_answers_at_once(target: Target, fleet: FleetClient) -> None:
    virtual, host = target.host()
    with answering(virtual):
        answer = fleet.ask_host(host.id, SQL)
        broken = fleet.ask_host(host.id, "SELECT 1 FROM gough_no_such_table")
    assert answer.rows == ({"hostname": virtual.machine.hostname},)
    assert (answer.error, answer.status) == ("", "online")
    assert "no such table" in broken.error
    assert broken.rows == ()


def test_several_hosts_answer_a_saved_query(target: Target, fleet: FleetClient) -> None:
    number = target.query(SQL)
    (one, first), (two, second) = target.host(), target.host()
    with answering(one), answering(two):
        summary = fleet.run_query(number, [first.id, second.id])
    assert (summary.targeted_host_count, summary.responded_host_count) == (2, 2)
    said = {result.host_id: result.rows for result in summary.results}
    assert said[first.id] == ({"hostname": one.machine.hostname},)
    assert said[second.id] == ({"hostname": two.machine.hostname},)


def test_an_offline_host_is_not_waited_for(lab: Lab) -> None:
    _, host = lab.target.host()
    lab.clock.forward(minutes=5)
    answer = lab.client.ask_host(host.id, SQL)
    assert (answer.status, answer.error, answer.rows) == ("offline", "", ())


def test_a_scheduled_query_fills_its_report(target: Target, fleet: FleetClient) -> None:
    number = target.query(SQL, interval=300)
    virtual, host = target.host()
    virtual.osquery.step()
    rows = {row.host_id: row.columns for row in fleet.report(number).results}
    assert rows[host.id] == {"hostname": virtual.machine.hostname}


def test_queries_are_listed_and_deleted(target: Target, fleet: FleetClient) -> None:
    number = target.query(SQL)
    (found,) = [query for query in fleet.queries() if query.id == number]
    assert (found.query, found.interval) == (SQL, 0)
    with pytest.raises(Conflict):
        fleet.create_query(found.name, SQL)
    fleet.delete_query(number)
    target.queries.remove(number)
    assert number not in [query.id for query in fleet.queries()]


def test_before_4_82_the_same_calls_use_the_old_names(old_lab: Lab) -> None:
    assert old_lab.target.http("GET", "reports").text == "404 page not found\n"
    number = old_lab.target.query(SQL, interval=60)
    virtual, host = old_lab.target.host()
    virtual.osquery.step()
    assert [query.id for query in old_lab.client.queries()] == [number]
    assert [row.host_id for row in old_lab.client.report(number).results] == [host.id]
    with answering(virtual):
        assert old_lab.client.run_query(number, [host.id]).responded_host_count == 1
    old_lab.client.delete_query(number)
    with pytest.raises(NotFound):
        old_lab.client.report(number)
