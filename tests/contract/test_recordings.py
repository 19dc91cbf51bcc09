"""The answers of a real 3.4 region, where they are at hand: the client reads them all, the emulator looks like them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gough.adapters.maas import errors, models
from gough.adapters.maas.oauth import OAuthPlaintext
from gough.domain.errors import GoughError
from gough.domain.machines import MachineRecord

from .harness import Lab, shapes, signature

# Somebody else's key: what MAAS quotes has to be hidden by its pattern, not because we know the secret.
REDACT = OAuthPlaintext("a-consumer:a-token:a-secret").redact
QUOTED = re.compile(r"base string: &([A-Za-z0-9]{16,})")


def answers(folder: Path) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """(name, request, response) of every recording."""
    for path in sorted(folder.glob("*.json")):
        recorded = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(recorded, dict) and "response" in recorded:
            yield path.stem, recorded["request"], recorded["response"]


def recorded_machines(folder: Path) -> Iterator[dict[str, Any]]:
    for _, _, response in answers(folder):
        body = response.get("json")
        for item in body if isinstance(body, list) else [body]:
            if isinstance(item, dict) and item.get("node_type") == 0 and "hardware_info" in item:
                yield item


def as_response(response: dict[str, Any]) -> httpx.Response:
    headers = {k: v for k, v in response["headers"].items() if k.lower() not in {"content-length", "transfer-encoding"}}
    if response.get("json") is not None:
        return httpx.Response(response["status"], headers=headers, content=json.dumps(response["json"]))
    return httpx.Response(response["status"], headers=headers, text=response.get("text", ""))


def test_every_recorded_machine_is_read(recordings: Path) -> None:
    records = [models.MACHINE.validate_python(item).record() for item in recorded_machines(recordings)]
    assert len(records) > 100
    assert all(isinstance(record, MachineRecord) and record.system_id for record in records)
    assert any(record.ip_addresses for record in records)
    assert any(record.owner_data for record in records)


def test_every_recorded_event_is_read_with_its_date(recordings: Path) -> None:
    lines = [
        event.line()
        for _, _, response in answers(recordings)
        if isinstance(body := response.get("json"), dict) and "next_uri" in body
        for event in models.EVENT_PAGE.validate_python(body).events
    ]
    assert len(lines) > 100
    assert {line.created.tzname() for line in lines} == {"UTC"}
    assert {line.created.year for line in lines} == {2026}


def test_every_recorded_script_result_is_read(recordings: Path) -> None:
    found = [
        result
        for name, request, response in answers(recordings)
        if request["url"].partition("?")[0].endswith("/results/") and response["status"] == 200
        for one_set in models.SCRIPT_SETS.validate_python(response["json"])
        for result in one_set.all_results()
    ]
    assert {"commissioning", "testing", "installation"} <= {result.kind for result in found}
    assert {"Passed", "Pending", "Failed"} <= {result.status for result in found}


def test_recorded_identity_and_version_are_read(recordings: Path) -> None:
    found = {name: response.get("json") for name, _, response in answers(recordings)}
    assert models.VERSION.validate_python(found["version"]).version
    assert models.USER.validate_python(found["whoami"]).username


def test_every_recorded_error_is_an_error_of_ours_without_a_secret(recordings: Path) -> None:
    secrets = set(QUOTED.findall("".join(str(response.get("text")) for _, _, response in answers(recordings))))
    assert secrets, "no recording quotes a secret: this test would prove nothing"
    seen = 0
    for name, _, response in answers(recordings):
        if response["status"] < 400:
            continue
        error = errors.translate(as_response(response), REDACT)
        assert isinstance(error, GoughError), name
        said = f"{error} {error.hint} {error.problems}"
        assert "<" not in said or "<network>" in said, name
        assert not any(secret in said for secret in secrets), name
        seen += 1
    assert seen > 80


# recording: (method, path, form, signature overrides); {…} are machines of the test's own, by their state
SAME_ERRORS: dict[str, tuple[str, str, dict[str, str], dict[str, str | None]]] = {
    "err_bad_signature": ("GET", "machines/", {}, {"signature": "&wrong"}),
    "err_bad_consumer": ("GET", "machines/", {}, {"consumer_key": "nosuchkey"}),
    "err_bad_token": ("GET", "machines/", {}, {"token": "nosuchtoken"}),
    "err_missing_nonce": ("GET", "users/?op=whoami", {}, {"nonce": None}),
    "err_old_timestamp": ("GET", "users/?op=whoami", {}, {"timestamp": "1600000000"}),
    "err_hmac_sha256_method": ("GET", "users/?op=whoami", {}, {"signature_method": "HMAC-SHA256"}),
    "err_no_auth": ("GET", "machines/", {}, {"consumer_key": None}),
    "quirk_anonymous_events": ("GET", "events/?op=query", {}, {"consumer_key": None}),
    "err_unknown_endpoint": ("GET", "nosuch/", {}, {}),
    "machines_list_no_trailing_slash": ("GET", "machines", {}, {}),
    "err_unknown_system_id": ("GET", "machines/zzzzzz/", {}, {}),
    "err_unknown_system_id_post": ("POST", "machines/zzzzzz/?op=deploy", {}, {}),
    "err_patch_machine": ("PATCH", "machines/{deployed}/", {}, {}),
    "err_delete_on_collection": ("DELETE", "machines/", {}, {}),
    "err_put_on_collection": ("PUT", "machines/", {}, {}),
    "err_post_no_op": ("POST", "machines/{deployed}/", {}, {}),
    "machine_op_unknown_op": ("GET", "machines/{deployed}/?op=nosuchop", {}, {}),
    "err_machines_filter_unknown_param": ("GET", "machines/?foo=bar", {}, {}),
    "err_machines_filter_status_number": ("GET", "machines/?status=4", {}, {}),
    "machines_filter_zone_unknown": ("GET", "machines/?zone=nosuch", {}, {}),
    "machines_filter_tags_unknown": ("GET", "machines/?tags=nosuchtag", {}, {}),
    "machines_filter_mac_address_invalid": ("GET", "machines/?mac_address=zz", {}, {}),
    "events_query_bad_level": ("GET", "events/?op=query&level=FOO", {}, {}),
    "events_query_limit_too_big": ("GET", "events/?op=query&limit=100000", {}, {}),
    "err_create_empty": ("POST", "machines/", {}, {}),
    "quirk_bool_yes": ("POST", "machines/", {"commission": "yes"}, {}),
    "err_allocate_named_not_ready": ("POST", "machines/?op=allocate", {"name": "deployed"}, {}),
    "err_op_commission_deployed": ("POST", "machines/{deployed}/?op=commission", {}, {}),
    "err_op_deploy_deployed": ("POST", "machines/{deployed}/?op=deploy", {}, {}),
    "err_op_release_new": ("POST", "machines/{new}/?op=release", {}, {}),
    "err_op_abort_ready": ("POST", "machines/{ready}/?op=abort", {}, {}),
    "err_op_lock_ready": ("POST", "machines/{ready}/?op=lock", {}, {}),
    "err_op_unlock_again": ("POST", "machines/{ready}/?op=unlock", {}, {}),
    "err_op_mark_fixed_ready": ("POST", "machines/{ready}/?op=mark_fixed", {}, {}),
    "err_op_mark_broken_ready_not_owned": ("POST", "machines/{ready}/?op=mark_broken", {}, {}),
    "err_op_set_owner_data_ready": ("POST", "machines/{ready}/?op=set_owner_data", {"a": "b"}, {}),
    "err_op_power_on_new_virsh_no_rack": ("POST", "machines/{new}/?op=power_on", {}, {}),
    "err_op_test_new_unknown_script": ("POST", "machines/{ready}/?op=test", {"testing_scripts": "nosuch"}, {}),
    "err_release_locked": ("POST", "machines/{locked}/?op=release", {}, {}),
    "err_put_locked": ("PUT", "machines/{locked}/", {"hostname": "x"}, {}),
    "err_delete_locked": ("DELETE", "machines/{locked}/", {}, {}),
    "err_commission_bmc_failure": ("POST", "machines/{dead}/?op=commission", {}, {}),
}
RENAMED = {"err_release_locked": "err_op_release_locked"}


def pattern(words: str) -> str:
    """What an error says, without the ids, names, numbers and secrets in it."""
    for variable, stand_in in (
        (r"base string: &\w+", "base string: &S"),
        (r"\d{10}", "T"),
        (r"/MAAS/api/2.0/\S+", "PATH"),
        (r"\[\('\w+', \[.*?\]\)\] \(resolved to \".*?\"\)", "CONSTRAINTS"),
        (r"(?<=[Nn]ode )[\w-]+(?= is|$)", "N"),
    ):
        words = re.sub(variable, stand_in, words)
    return words.strip().strip('"')


@pytest.mark.parametrize("name", SAME_ERRORS)
def test_the_emulator_refuses_as_a_region_does(recordings: Path, lab: Lab, name: str) -> None:
    recorded = json.loads((recordings / f"{RENAMED.get(name, name)}.json").read_text(encoding="utf-8"))["response"]
    method, path, form, overrides = SAME_ERRORS[name]
    states = {state: make(lab) for state, make in MAKERS.items() if f"{{{state}}}" in path or form.get("name") == state}
    auth = signature(lab.target.api_key, **overrides)
    answer = lab.target.http(method, path.format(**states), auth=auth, data=form)
    assert answer.status_code == recorded["status"], answer.text
    if "Content-Type" in recorded["headers"]:
        assert answer.headers["content-type"] == recorded["headers"]["Content-Type"]
    assert answer.headers.get("www-authenticate") == recorded["headers"].get("WWW-Authenticate")
    assert answer.headers.get("allow") == recorded["headers"].get("Allow")
    if recorded.get("json") is not None:
        assert answer.json() == recorded["json"]
    else:
        assert pattern(answer.text) == pattern(recorded["text"])


def _locked(lab: Lab) -> str:
    system_id = lab.deployed("locked")
    lab.target.http("POST", f"machines/{system_id}/?op=lock")
    return system_id


def _dead(lab: Lab) -> str:
    system_id = lab.enlisted("dead")
    lab.power.broken.add(system_id)
    return system_id


MAKERS = {
    "new": lambda lab: lab.enlisted("new"),
    "ready": lambda lab: lab.ready("ready"),
    "deployed": lambda lab: lab.deployed("deployed"),
    "locked": _locked,
    "dead": _dead,
}

STATES = {
    "new": "machine_create_ipmi",
    "ready": "machine_ready_live",
    "deployed": "machine_deployed_live",
}


def test_the_emulators_machines_have_the_shape_of_real_ones(recordings: Path, lab: Lab) -> None:
    real = shapes([m for m in recorded_machines(recordings) if "constraints_by_type" not in m])
    for state, make in MAKERS.items():
        machine = lab.target.http("GET", f"machines/{make(lab)}/").json()
        assert len(machine) == 77, state
        assert set(machine) == {path[1:] for path in real if path.count(".") == 1 and "[" not in path}, state
        for found, kinds in shapes([machine]).items():
            if found.startswith((".owner_data.", ".workload_annotations.", ".hardware_uuid")):
                continue
            path = found.replace(".boot_interface.links", ".interface_set[].links")  # recorded ones boot from a bridge
            assert path in real, f"{state}: no recorded machine has {path}"
            assert kinds - {"null"} <= real[path], f"{state}: {path} is {kinds}, recorded as {real[path]}"


@pytest.mark.parametrize("state", STATES)
def test_a_state_looks_as_it_does_in_a_region(recordings: Path, lab: Lab, state: str) -> None:
    recorded = json.loads((recordings / f"{STATES[state]}.json").read_text(encoding="utf-8"))["response"]["json"]
    machine = lab.target.http("GET", f"machines/{MAKERS[state](lab)}/").json()
    for name in ("status", "status_name", "status_message", "status_action", "owner", "netboot", "osystem", "locked"):
        assert machine[name] == recorded[name], name


def test_events_and_results_have_the_shape_of_real_ones(recordings: Path, lab: Lab) -> None:
    system_id = lab.deployed()
    found = {name: response.get("json") for name, _, response in answers(recordings)}
    pairs = {
        "events/?op=query&level=DEBUG": [found["events_query"]],
        f"nodes/{system_id}/results/": [v for k, v in found.items() if k.startswith("node_results")],
        "users/?op=whoami": [found["whoami"]],
        "version/": [found["version"]],
    }
    for path, real in pairs.items():
        mine, theirs = shapes([lab.target.http("GET", path).json()]), shapes(real)
        theirs = {path: kinds for path, kinds in theirs.items() if ".parameters." not in path}
        assert set(mine) == set(theirs), path
        for where, kinds in mine.items():
            assert kinds - {"null"} <= theirs[where], f"{path}: {where}"
