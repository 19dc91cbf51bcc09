"""Hosts: how osquery enrols, what Fleet then knows, and when a host counts as online."""

from datetime import timedelta
from uuid import uuid4

import pytest

from gough.adapters.fleet import FleetClient
from gough.domain.errors import NotFound
from gough.domain.fleet_hosts import Verdict
from gough.lab.osquery import Machine, Stopped

from .harness import Lab, Target, unique


def test_a_host_that_enrols_says_who_it_is(target: Target) -> None:
    virtual, host = target.host()
    assert (host.uuid, host.hostname) == (virtual.machine.uuid, virtual.machine.hostname)
    assert host.hardware_serial == virtual.machine.serial
    assert host.platform == "ubuntu"
    assert host.os_version.startswith("Ubuntu 24.04")
    assert host.memory == virtual.machine.memory_bytes
    assert host.status == "online"
    assert host.seen_time is not None and host.last_enrolled_at is not None


def test_it_is_found_by_uuid_hostname_and_serial(target: Target, fleet: FleetClient) -> None:
    virtual, host = target.host()
    for name in (virtual.machine.uuid, virtual.machine.hostname, virtual.machine.serial):
        assert fleet.host_by_identifier(name).id == host.id
    assert [found.id for found in fleet.hosts(query=virtual.machine.hostname)] == [host.id]
    for nobody in (str(uuid4()), "..", "a/b"):
        with pytest.raises(NotFound):
            fleet.host_by_identifier(nobody)


def test_a_wrong_secret_enrols_nobody(target: Target, fleet: FleetClient) -> None:
    stranger = target.virtual_host(secret="not-the-secret-of-this-server")
    with pytest.raises(Stopped, match="enroll"):
        stranger.osquery.step()
    with pytest.raises(NotFound):
        fleet.host_by_identifier(stranger.machine.uuid)


def test_the_same_uuid_enrols_as_the_same_host_and_the_old_key_ends(target: Target, fleet: FleetClient) -> None:
    virtual, host = target.host()
    again, same = target.host(target.virtual_host(machine=virtual.machine))
    assert same.id == host.id
    virtual.osquery.work()  # told that its key is invalid, it enrols anew: the host is still one
    again.osquery.step()
    assert [found.id for found in fleet.hosts(query=virtual.machine.hostname)] == [host.id]


def test_a_server_that_lost_its_node_keys_gets_its_hosts_back(lab: Lab) -> None:
    virtual, host = lab.target.host()
    lab.fleet.forget_node_keys()
    virtual.osquery.step()
    assert lab.client.host(host.id).status == "online"


def test_a_deleted_host_enrols_as_another(target: Target, fleet: FleetClient) -> None:
    virtual, host = target.host()
    fleet.delete_host(host.id)
    with pytest.raises(NotFound):
        fleet.host(host.id)
    virtual.osquery.step()
    assert fleet.host_by_identifier(virtual.machine.uuid).id != host.id


def test_a_silent_host_goes_offline_and_is_missing_after_a_month(lab: Lab) -> None:
    virtual, host = lab.target.host()

    def ids(status: str) -> list[int]:
        found = [one.id for one in lab.client.hosts(status=status)]
        assert lab.client.count_hosts(status=status) == len(found)
        return found

    lab.clock.forward(seconds=70)
    assert (ids("online"), ids("offline"), ids("new")) == ([host.id], [], [host.id])
    lab.clock.forward(seconds=1)
    assert (ids("online"), ids("offline"), ids("missing")) == ([], [host.id], [])
    lab.clock.forward(minutes=30 * 24 * 60)
    assert (ids("offline"), ids("missing"), ids("new")) == ([host.id], [host.id], [])
    virtual.osquery.step()
    assert ids("online") == [host.id]


def test_pages_hold_every_host_once(lab: Lab) -> None:
    expected = {lab.target.host()[1].id for _ in range(5)}
    for per_page in (1, 2, 5, 6):
        found = [host.id for host in lab.client.hosts(per_page=per_page)]
        assert sorted(found) == sorted(expected)


def test_only_hosts_that_changed_since_a_moment_are_read(lab: Lab) -> None:
    policy = lab.target.policy("SELECT 1 FROM os_version")
    first, second = lab.target.host(), lab.target.host()
    lab.clock.forward(minutes=90)
    moment = lab.clock.now
    second[0].osquery.step()
    assert [record.id for record in lab.client.records_since(moment, by="policy_updated_at")] == [second[1].id]
    everybody = {record.id: record for record in lab.client.records()}
    assert set(everybody) == {first[1].id, second[1].id}
    (verdict,) = everybody[second[1].id].verdicts or ()
    assert (verdict.policy_id, verdict.verdict) == (policy, Verdict.PASS)
    assert list(lab.client.records_since(moment + timedelta(seconds=1), by="seen_time")) == []


def test_a_changed_machine_is_read_again_when_somebody_asks(lab: Lab) -> None:
    virtual, host = lab.target.host()
    renamed = Machine(virtual.machine.uuid, unique("renamed"), virtual.machine.serial)
    lab.target.host(lab.target.virtual_host(machine=renamed))
    assert lab.client.host(host.id).hostname == renamed.hostname
    virtual.tables.set("os_version", [{"name": "Ubuntu", "version": "26.04", "platform": "ubuntu"}])
    lab.client.refetch_host(host.id)
    virtual.osquery.step()
    assert lab.client.host(host.id).os_version == "Ubuntu 26.04"
