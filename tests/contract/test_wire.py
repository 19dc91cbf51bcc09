"""The protocol's quirks that Gough relies on, over plain HTTP."""

import base64

import pytest

from gough.lab.maas import BootTarget

from .harness import Lab, Target, eventually, signature

REFUSED_FILTERS = {
    "foo=bar": {"foo": ["No such constraint."]},
    "limit=2&offset=1": {"limit": ["No such constraint."], "offset": ["No such constraint."]},
    "status=4": {"status": ["Select a valid choice. 4 is not one of the available choices."]},
    "status=Ready": {"status": ["Select a valid choice. Ready is not one of the available choices."]},
    "zone=gough-nosuch": {"zone": ["No such zone(s): gough-nosuch."]},
    "tags=gough-nosuch": {"tags": ["No such tag(s): 'gough-nosuch'."]},
    "mac_address=zz": {"mac_address": ["'zz' is not a valid MAC address."]},
}


@pytest.mark.parametrize("query", REFUSED_FILTERS)
def test_a_filter_maas_does_not_know_is_refused(target: Target, query: str) -> None:
    answer = target.http("GET", f"machines/?{query}")
    assert answer.status_code == 400
    assert answer.json() == REFUSED_FILTERS[query]


def test_filters_take_repeats_and_lowercase_status_names(lab: Lab) -> None:
    new, ready = lab.enlisted("new-1"), lab.ready("ready-1")

    def found(query: str) -> set[str]:
        return {machine["system_id"] for machine in lab.target.http("GET", f"machines/?{query}").json()}

    assert found("status=new") == {new}
    assert found("status=new&status=ready") == {new, ready}
    assert found("hostname=new-1&hostname=nobody") == {new}
    assert found("hostname=new") == set()
    assert found("arch=amd64") == {new, ready}
    assert found("owner=admin") == set()


def test_the_version_needs_no_key(target: Target) -> None:
    assert target.http("GET", "version/", auth=None).status_code == 200


def test_without_a_key_the_rest_is_refused(target: Target) -> None:
    events = target.http("GET", "events/?op=query", auth=None)
    assert (events.status_code, events.text) == (401, "Forbidden")
    machines = target.http("GET", "machines/", auth=None)
    assert (machines.status_code, machines.text) == (400, "Unrecognised signature: method=GET op=None")


def test_an_incomplete_signature_is_no_signature(target: Target) -> None:
    answer = target.http("GET", "users/?op=whoami", auth=signature(target.api_key, nonce=None))
    assert (answer.status_code, answer.text) == (401, "Forbidden")


@pytest.mark.parametrize("prefix", ["&", "%26"])
def test_the_signature_may_be_literal_or_encoded(target: Target, prefix: str) -> None:
    secret = target.api_key.split(":")[2]
    answer = target.http("GET", "users/?op=whoami", auth=signature(target.api_key, signature=f"{prefix}{secret}"))
    assert answer.status_code == 200


def test_an_old_timestamp_is_refused_with_both_times(target: Target) -> None:
    answer = target.http("GET", "users/?op=whoami", auth=signature(target.api_key, timestamp="1600000000"))
    assert answer.status_code == 401
    assert "Expired timestamp: given 1600000000 and now " in answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


def test_a_missing_slash_is_not_forgiven(target: Target) -> None:
    answer = target.http("GET", "machines")
    assert answer.status_code == 404
    assert "Unknown API endpoint" in answer.text


@pytest.mark.parametrize("method", ["PATCH", "OPTIONS", "HEAD"])
def test_other_methods_are_not_allowed(target: Target, method: str) -> None:
    assert target.http(method, f"machines/{target.new_machine()}/").status_code == 405


def test_an_operation_may_stand_in_query_path_or_form(target: Target) -> None:
    system_id = target.new_machine()
    ways = [
        target.http("POST", f"machines/{system_id}/?op=abort"),
        target.http("POST", f"machines/{system_id}/op-abort"),
        target.http("POST", f"machines/{system_id}/", data={"op": "abort"}),
    ]
    assert {way.status_code for way in ways} == {409}
    assert len({way.text for way in ways}) == 1


def test_an_unknown_operation_is_an_unrecognised_signature(target: Target) -> None:
    answer = target.http("POST", f"machines/{target.new_machine()}/?op=nosuchop")
    assert (answer.status_code, answer.text) == (400, "Unrecognised signature: method=POST op=nosuchop")


def test_powering_off_a_manual_machine_answers_null(target: Target) -> None:
    system_id = target.new_machine()
    answer = target.http("POST", f"machines/{system_id}/?op=power_off")
    assert (answer.status_code, answer.json()) == (200, None)
    assert target.client().power_off(system_id).system_id == system_id


def test_a_machine_can_be_renamed_and_unknown_fields_are_ignored(target: Target) -> None:
    system_id = target.new_machine()
    renamed = target.http("PUT", f"machines/{system_id}/", data={"hostname": "gough-contract-new", "nosuch": "x"})
    assert renamed.json()["hostname"] == "gough-contract-new"
    refused = target.http("PUT", f"machines/{system_id}/", data={"hostname": "-bad-"})
    assert refused.json() == {"hostname": ["Label cannot start or end with hyphen: '-bad-'."]}


def test_a_deleted_machine_is_gone(target: Target) -> None:
    system_id = target.new_machine()
    assert target.http("DELETE", f"machines/{system_id}/").status_code == 204
    assert target.http("DELETE", f"machines/{system_id}/").status_code == 404
    target.created.remove(system_id)


def test_a_form_may_be_multipart(lab: Lab) -> None:
    system_id = lab.ready()
    answer = lab.target.http("POST", "machines/?op=allocate", files={"system_id": (None, system_id)})
    assert answer.json()["status_name"] == "Allocated"


def test_a_json_body_on_deploy_is_ignored_and_the_default_release_installed(lab: Lab) -> None:
    system_id = lab.ready()
    answer = lab.target.http("POST", f"machines/{system_id}/?op=deploy", json={"distro_series": "noble"})
    assert answer.status_code == 200
    assert answer.json()["distro_series"] == "jammy"


def test_operation_parameters_in_the_query_string_are_ignored(lab: Lab) -> None:
    answer = lab.target.http("POST", f"machines/{lab.ready()}/?op=deploy&distro_series=noble")
    assert answer.json()["distro_series"] == "jammy"


def test_user_data_reaches_the_machine_byte_for_byte(lab: Lab) -> None:
    data = bytes(range(256)) * 40
    system_id = lab.deploying(user_data=data)
    assert lab.region.user_data(system_id) == data
    assert base64.b64encode(data) not in lab.region.vendor_data(system_id)


def test_creating_commissions_at_once_unless_told_not_to(lab: Lab) -> None:
    system_id = lab.target.new_machine(
        power_type="ipmi", power_parameters_power_address="bmc.lab.test", commission="true"
    )
    eventually(lambda: ("on", system_id) in lab.power.pressed, "power on for commissioning")
    assert lab.region.pxe_boot(system_id) is BootTarget.COMMISSIONING
