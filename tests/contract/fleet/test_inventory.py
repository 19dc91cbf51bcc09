"""Labels, software, vulnerabilities, activities, enrol secrets and the server's settings."""

import pytest

from gough.adapters.fleet import FleetClient
from gough.domain.errors import Conflict, Invalid
from gough.domain.fleet_hosts import PolicyDraft

from .harness import Lab, Target, unique


def test_a_label_by_hand_and_one_by_query(target: Target, fleet: FleetClient) -> None:
    virtual, host = target.host()
    by_hand = fleet.create_label(unique("label"), hosts=[virtual.machine.hostname])
    by_query = fleet.create_label(unique("label"), query="SELECT 1 FROM deb_packages WHERE name = 'bash'")
    target.labels += [by_hand.id, by_query.id]
    fleet.refetch_host(host.id)
    virtual.osquery.step()
    for label in (by_hand, by_query):
        assert [found.id for found in fleet.hosts_of_label(label.id)] == [host.id]
    known = {label.id: label for label in fleet.labels()}
    assert (known[by_hand.id].membership, known[by_query.id].membership) == ("manual", "dynamic")
    with pytest.raises(Conflict):
        fleet.create_label(by_hand.name, query="SELECT 1")
    fleet.delete_label(by_hand.id)
    assert by_hand.id not in [label.id for label in fleet.labels()]


def test_software_is_what_hosts_say_and_its_weaknesses_are_named(lab: Lab) -> None:
    lab.target.host()
    virtual, _ = lab.target.host()
    lab.fleet.publish("CVE-2026-0001", "openssl", virtual.machine.packages["openssl"], score=9.1)
    found = {software.name: software for software in lab.client.software()}
    assert found["openssl"].hosts_count == found["bash"].hosts_count == 2
    assert [weak.cve for weak in found["openssl"].vulnerabilities] == ["CVE-2026-0001"]
    assert [software.name for software in lab.client.software(vulnerable=True)] == ["openssl"]
    (weak,) = lab.client.vulnerabilities()
    assert (weak.cve, weak.cvss_score, weak.hosts_count) == ("CVE-2026-0001", 9.1, 2)


def test_what_somebody_did_is_on_record(target: Target, fleet: FleetClient) -> None:
    name = unique("policy")
    target.policies.append(fleet.create_policy(PolicyDraft(name, "SELECT 1")).id)
    newest = next(one for one in fleet.activities(limit=20) if one.type == "created_policy")
    assert newest.details["policy_name"] == name
    assert newest.actor_email


def test_secrets_are_replaced_and_hosts_stay(lab: Lab) -> None:
    virtual, host = lab.target.host()
    lab.client.set_enroll_secrets(["another-secret-0123456789"])
    assert list(lab.client.enroll_secrets()) == ["another-secret-0123456789"]
    virtual.osquery.step()
    assert lab.client.host(host.id).status == "online"
    late = lab.target.virtual_host()
    late.osquery.step()
    with pytest.raises(Invalid, match="empty"):
        lab.client.set_enroll_secrets([""])


def test_the_webhook_for_failing_policies_is_set_and_taken_away(lab: Lab) -> None:
    policy = lab.target.policy("SELECT 1")
    url = "https://gough.example/hooks/a-secret-path"
    set_to = lab.client.set_policy_webhook(url, [policy]).webhook_settings.failing_policies_webhook
    assert (set_to.enabled, set_to.destination_url, list(set_to.policy_ids)) == (True, url, [policy])
    assert url not in repr(set_to)
    assert not lab.client.set_policy_webhook("", []).webhook_settings.failing_policies_webhook.enabled


def test_the_configuration_is_read(fleet: FleetClient) -> None:
    found = fleet.configuration()
    assert found.license.tier in {"free", "premium"}
    assert fleet.version()
