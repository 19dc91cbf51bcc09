"""Policies: decided by what hosts answer, and never by anything else."""

import pytest

from gough.adapters.fleet import FleetClient
from gough.domain.errors import Conflict, Invalid, NotFound, Refused
from gough.domain.fleet_hosts import PolicyDraft, Verdict

from .harness import Target, Virtual, unique

BASH = "SELECT 1 FROM deb_packages WHERE name = 'bash'"
NO_BASH = "SELECT 1 FROM deb_packages WHERE name = 'no-such-shell'"


def asked(fleet: FleetClient, virtual: Virtual) -> dict[int, Verdict]:
    """What Fleet says of a host after that has been asked everything."""
    host = fleet.host_by_identifier(virtual.machine.uuid)
    fleet.refetch_host(host.id)
    virtual.osquery.step()
    policies = fleet.host(host.id).policies or ()
    return {one.policy_id: one.verdict for one in (policy.verdict() for policy in policies)}


def test_a_policy_passes_where_its_query_answers_rows(target: Target, fleet: FleetClient) -> None:
    passing, failing = target.policy(BASH), target.policy(NO_BASH)
    unknown = target.policy("SELECT 1 FROM gough_no_such_table")
    virtual, host = target.host()
    verdicts = asked(fleet, virtual)
    assert (verdicts[passing], verdicts[failing], verdicts[unknown]) == (Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN)
    assert host.id in [one.id for one in fleet.hosts_by_verdict(failing, Verdict.FAIL)]
    assert host.id not in [one.id for one in fleet.hosts_by_verdict(passing, Verdict.FAIL)]


def test_a_machine_that_is_put_right_passes(target: Target, fleet: FleetClient) -> None:
    policy = target.policy(NO_BASH)
    virtual, _ = target.host()
    assert asked(fleet, virtual)[policy] is Verdict.FAIL
    virtual.tables.set("deb_packages", [{"name": "no-such-shell", "version": "1"}])
    assert asked(fleet, virtual)[policy] is Verdict.PASS


def test_another_query_forgets_the_old_answers(target: Target, fleet: FleetClient) -> None:
    policy = target.policy(NO_BASH)
    virtual, host = target.host()
    assert asked(fleet, virtual)[policy] is Verdict.FAIL
    changed = fleet.update_policy(policy, PolicyDraft(fleet.policy(policy).name, BASH, "why", "what"))
    assert changed.query == BASH
    assert fleet.hosts_by_verdict(policy, Verdict.FAIL) == []
    assert asked(fleet, virtual)[policy] is Verdict.PASS
    assert [one.id for one in fleet.hosts_by_verdict(policy, Verdict.PASS)] == [host.id]


def test_a_policy_is_listed_and_gone_when_deleted(target: Target, fleet: FleetClient) -> None:
    number = target.policy(BASH)
    found = {policy.id: policy for policy in fleet.policies()}[number]
    assert (found.query, found.description, found.resolution, found.platform) == (BASH, "why", "what to do", "linux")
    fleet.delete_policies([number])
    target.policies.remove(number)
    with pytest.raises(NotFound):
        fleet.policy(number)


def test_a_name_is_used_once(target: Target, fleet: FleetClient) -> None:
    name = unique("policy")
    target.policy(BASH, name)
    with pytest.raises(Conflict, match="already exists"):
        fleet.create_policy(PolicyDraft(name, BASH))


def test_what_a_policy_lacks_is_named(fleet: FleetClient) -> None:
    with pytest.raises(Invalid, match="name"):
        fleet.create_policy(PolicyDraft("", BASH))
    with pytest.raises(Invalid, match="platform"):
        fleet.create_policy(PolicyDraft(unique("policy"), BASH, platform="amiga"))


def test_criticality_and_teams_need_premium(lab_free: Target) -> None:
    body = {"name": unique("policy"), "query": BASH, "critical": True}
    refused = lab_free.http("POST", "global/policies", json=body)
    assert refused.status_code == 400
    assert "premium license" in refused.json()["errors"][0]["reason"]
    for name in ("fleets", "teams"):
        assert lab_free.http("GET", name).status_code == 402


def test_without_premium_the_client_says_so(lab_free: Target) -> None:
    client = lab_free.client()
    with pytest.raises(Refused, match="Premium") as refused:
        client._http.post_plain("api/v1/fleet/fleets", {})
    assert "Gough works without it" in refused.value.hint
