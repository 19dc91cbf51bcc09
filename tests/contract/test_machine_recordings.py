"""Machines as a real 3.4 region shows them, where recordings are at hand: what test_recordings has not already."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from gough.adapters.maas import MaasClient
from gough.domain.errors import Unavailable

from .harness import Lab, shapes, signature
from .test_recordings import MAKERS, answers, pattern, recorded_machines

KEY = "a-consumer:a-token:a-secret"


def recorded(folder: Path, name: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))["response"]
    return answer


def replay(folder: Path, name: str, asked: list[httpx.Request] | None = None) -> MaasClient:
    """A client whose every request is answered by one recording."""
    answer = recorded(folder, name)
    given = answer.get("json", answer.get("text"))
    body = given if isinstance(given, str) and "json" not in answer else json.dumps(given)
    content = base64.b64decode(answer["body_base64"]) if "body_base64" in answer else body.encode()
    headers = {"Content-Type": answer["headers"].get("Content-Type", "text/plain")}

    def respond(request: httpx.Request) -> httpx.Response:
        if asked is not None:
            asked.append(request)
        return httpx.Response(answer["status"], headers=headers, content=content)

    return MaasClient("http://maas.test/MAAS/", KEY, transport=httpx.MockTransport(respond), sleep=lambda seconds: None)


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("op_query_power_state_ipmi_on", "on"),
        ("op_query_power_state_virsh_off", "off"),
        ("op_query_power_state_lxd", "off"),
        ("machine_op_query_power_state_manual", "unknown"),
    ],
)
def test_recorded_power_states_are_read(recordings: Path, name: str, state: str) -> None:
    assert replay(recordings, name).power_state("abc") == state


@pytest.mark.parametrize("name", ["err_query_power_state_timeout", "query_power_state_bmc_error"])
def test_a_recorded_bmc_failure_is_asked_for_once(recordings: Path, name: str) -> None:
    asked: list[httpx.Request] = []
    with pytest.raises(Unavailable):
        replay(recordings, name, asked).power_state("abc")
    assert len(asked) == 1


def test_recorded_interfaces_are_read(recordings: Path) -> None:
    nics = replay(recordings, "node_interfaces").interfaces("abc")
    assert {nic.type for nic in nics} >= {"physical", "bond"}
    assert {link.mode for nic in nics for link in nic.links} >= {"link_up"}
    assert all(nic.id and nic.name for nic in nics)


def test_a_recorded_link_is_read(recordings: Path) -> None:
    asked: list[httpx.Request] = []
    replay(recordings, "interface_link_subnet_a", asked).link("abc", 89, subnet=4, mode="auto")
    assert [request.url.path for request in asked] == ["/MAAS/api/2.0/nodes/abc/interfaces/89/"]
    assert asked[0].content == b"mode=AUTO&subnet=4&force=true"


def test_recorded_details_results_and_configurations_are_read(recordings: Path) -> None:
    assert replay(recordings, "machine_op_details").details("abc") == {"lldp": b"ok\n", "lshw": b"ok\n"}
    scripts = replay(recordings, "node_result_with_output").script_set("abc", 50, include_output=True)
    assert {script.name for script in scripts} == {"smartctl-validate"}
    assert "smartctl output 1\n" in {script.output for script in scripts}
    for name in ("machine_op_get_curtin_config_deploying", "machine_op_get_curtin_config_deployed"):
        assert "cloudconfig" in yaml.safe_load(replay(recordings, name).curtin_config("abc"))


def test_a_recorded_bulk_release_is_read(recordings: Path) -> None:
    assert replay(recordings, "machines_op_release_bulk").release_all(["sxf3ss", "dtqsdc"]) == {"sxf3ss", "dtqsdc"}


def _unlinked(lab: Lab) -> str:
    system_id = lab.ready("unlinked")
    lab.target.http("POST", f"nodes/{system_id}/interfaces/eth0/?op=disconnect")
    return system_id


def _arm(lab: Lab) -> str:
    system_id = lab.ready("arm")
    lab.maas.update(system_id, {"architecture": "arm64/generic"})
    return system_id


def _silent(lab: Lab) -> str:
    system_id = lab.ready("silent")
    lab.power.silent.add(system_id)
    return system_id


def _broken(lab: Lab) -> str:
    system_id = lab.deployed("broken")
    lab.maas.mark_broken(system_id)
    return system_id


def _imageless(lab: Lab) -> str:
    system_id = lab.ready("imageless")
    lab.region.core.catalogue.boot_resources.clear()
    lab.region.core.catalogue.settings["commissioning_distro_series"] = "focal"
    return system_id


STATES: dict[str, Callable[[Lab], str]] = {
    **MAKERS,
    "unlinked": _unlinked,
    "arm": _arm,
    "silent": _silent,
    "broken": _broken,
    "imageless": _imageless,
    "deploying": lambda lab: lab.deploying("deploying"),
}


@dataclass(frozen=True)
class Same:
    """A request whose answer the emulator and a region share; {…} are machines of the test's own, by their state."""

    method: str
    path: str
    form: dict[str, str] = field(default_factory=dict)
    by_user: bool = False


SOME_MACHINE = {"architecture": "amd64/generic", "mac_addresses": "52:54:00:aa:07:02", "power_type": "manual"}
SAME: dict[str, Same] = {
    "err_deploy_no_disk": Same("POST", "machines/{unlinked}/?op=deploy", {"distro_series": "jammy"}),
    "op_deploy_ready_implicit_allocate": Same("POST", "machines/{unlinked}/?op=deploy", {"hwe_kernel": "ga-22.04"}),
    "op_deploy_bad_kernel": Same(
        "POST", "machines/{arm}/?op=deploy", {"distro_series": "jammy", "hwe_kernel": "hwe-99.99"}
    ),
    "noimages_op_deploy_ready": Same("POST", "machines/{imageless}/?op=deploy", {"distro_series": "jammy"}),
    "noimages_op_commission_new_manual": Same("POST", "machines/{imageless}/?op=commission"),
    "err_op_deploy_broken": Same("POST", "machines/{broken}/?op=deploy"),
    "err_op_deploy_already_deploying": Same("POST", "machines/{deploying}/?op=deploy"),
    "err_op_exit_rescue_mode_ready": Same("POST", "machines/{ready}/?op=exit_rescue_mode"),
    "err_op_rescue_mode_new": Same("POST", "machines/{dead}/?op=rescue_mode"),
    "err_op_set_storage_layout_unknown": Same(
        "POST", "machines/{ready}/?op=set_storage_layout", {"storage_layout": "nosuch"}
    ),
    "err_op_lock_again": Same("POST", "machines/{locked}/?op=lock"),
    "err_power_off_locked": Same("POST", "machines/{locked}/?op=power_off"),
    "err_machines_op_release_bulk_unknown": Same("POST", "machines/?op=release", {"machines": "zzzzzz"}),
    "err_machines_op_release_bulk_wrong_state": Same("POST", "machines/?op=release", {"machines": "{new}"}),
    "err_query_power_state_timeout": Same("GET", "machines/{silent}/?op=query_power_state"),
    "query_power_state_bmc_error": Same("GET", "machines/{dead}/?op=query_power_state"),
    "norack_machine_op_get_curtin_config_deploying": Same("GET", "machines/{ready}/?op=get_curtin_config"),
    "interface_update": Same("PUT", "nodes/{ready}/interfaces/9999999/", {"name": "x"}),
    "op_test_none": Same("POST", "machines/{ready}/?op=test", {"testing_scripts": "none"}),
    "err_allocate_no_match": Same("POST", "machines/?op=allocate", {"mem": "99999999"}),
    "err_allocate_bad_param": Same("POST", "machines/?op=allocate", {"cpu_count": "many"}),
    "err_allocate_unknown_tag": Same("POST", "machines/?op=allocate", {"tags": "nosuch"}),
    "err_create_bad_hostname": Same("POST", "machines/", SOME_MACHINE | {"hostname": "bad_host name"}),
    "err_create_bad_mac": Same("POST", "machines/", SOME_MACHINE | {"mac_addresses": "nope"}),
    "err_create_bad_pool": Same("POST", "machines/", SOME_MACHINE | {"pool": "nosuch"}),
    "err_create_bad_power_type": Same("POST", "machines/", SOME_MACHINE | {"power_type": "nosuch"}),
    "err_create_ipmi_missing_address": Same("POST", "machines/", SOME_MACHINE | {"power_type": "ipmi"}),
    "machine_create_comma_macs": Same(
        "POST", "machines/", SOME_MACHINE | {"mac_addresses": "52:54:00:aa:06:01,52:54:00:aa:06:02"}
    ),
    "err_machine_put_bad_hostname": Same("PUT", "machines/{ready}/", {"hostname": "-bad-"}),
    "err_machine_put_bad_zone": Same("PUT", "machines/{ready}/", {"zone": "nosuch"}),
    "err_machine_delete_again": Same("DELETE", "machines/zzzzzz/"),
    "err_machines_filter_limit": Same("GET", "machines/?limit=2&offset=1"),
    "machines_filter_status_comma": Same("GET", "machines/?status=ready%2Cdeployed"),
    "machines_filter_parent": Same("GET", "machines/?parent=x"),
    "err_perm_user_commission": Same("POST", "machines/{new}/?op=commission", by_user=True),
    "err_perm_user_delete": Same("DELETE", "machines/{deployed}/", by_user=True),
    "err_perm_user_get_power_parameters": Same("GET", "machines/{deployed}/?op=power_parameters", by_user=True),
    "err_perm_user_mark_broken_others": Same("POST", "machines/{deployed}/?op=mark_broken", by_user=True),
    "err_perm_user_put": Same("PUT", "machines/{deployed}/", {"description": "x"}, by_user=True),
    "err_perm_user_release_others": Same("POST", "machines/{deployed}/?op=release", by_user=True),
    "err_op_set_owner_data_user1": Same("POST", "machines/{deployed}/?op=set_owner_data", {"x": "y"}, by_user=True),
    "perm_user_other_owned_machine": Same("GET", "machines/{deployed}/", by_user=True),
}


def _neutral(words: str) -> str:
    """Like `pattern`, and without the names in the sentences about many machines and about their configuration."""
    told = pattern(words)
    for start, end in (("current state: ", " ('New')"), ("Machine ", " is not in a deployment state.")):
        if told.startswith("Machine") and end in told and start in told:
            told = f"{told.partition(start)[0]}{start}N{end}"
    return told


@pytest.mark.parametrize("name", SAME)
def test_the_emulator_refuses_as_a_region_does(recordings: Path, lab: Lab, name: str) -> None:
    same, real = SAME[name], recorded(recordings, name)
    used = f"{same.path} {same.form}"
    states = {state: make(lab) for state, make in STATES.items() if f"{{{state}}}" in used}
    key = lab.region.add_user("user1") if same.by_user else lab.target.api_key
    form = {field: value.format(**states) for field, value in same.form.items()}
    answer = lab.target.http(same.method, same.path.format(**states), auth=signature(key), data=form)
    assert answer.status_code == real["status"], answer.text
    assert answer.headers["content-type"] == real["headers"]["Content-Type"]
    if real.get("json") is not None:
        assert answer.json() == real["json"]
    else:
        assert _neutral(answer.text) == _neutral(real["text"])


def test_a_revoked_key_is_refused_as_a_region_does(recordings: Path, lab: Lab) -> None:
    real, key = recorded(recordings, "err_after_token_deleted"), lab.region.add_user("user1")
    lab.region.revoke(key)
    answer = lab.target.http("GET", "users/?op=whoami", auth=signature(key))
    assert (answer.status_code, answer.text) == (real["status"], real["text"])
    assert answer.headers["www-authenticate"] == real["headers"]["WWW-Authenticate"]


def test_keys_are_made_named_listed_and_deleted_as_in_a_region(recordings: Path, lab: Lab) -> None:
    made = {"token_key": "", "token": ""}
    for operation in ("create", "list", "update", "delete"):
        name = {"list": "list_authorisation_tokens", "update": "update_token_name"}.get(
            operation, f"{operation}_authorisation_token"
        )
        real = recorded(recordings, f"account_{name}")
        method = "GET" if operation == "list" else "POST"
        answer = lab.target.http(method, f"account/?op={name}", data={"name": "rec token", **made})
        assert answer.status_code == real["status"]
        assert answer.headers["content-type"] == real["headers"]["Content-Type"]
        assert shapes([answer.json()]) == shapes([real["json"]]) if "json" in real else answer.text == real["text"]
        if operation == "create":
            made = dict.fromkeys(made, answer.json()["token_key"])
            assert {name: len(value) for name, value in answer.json().items()} == {
                name: len(value) for name, value in real["json"].items()
            }


def test_interfaces_and_single_results_have_the_shape_of_real_ones(recordings: Path, lab: Lab) -> None:
    system_id = lab.deployed()
    found = {name: response.get("json") for name, _, response in answers(recordings)}
    sets = [one for name, body in found.items() if name.startswith("node_results") for one in body or ()]
    nics = [*(found["node_interfaces"] or ()), found["interface_link_subnet_a"], found["interface_link_subnet_b"]]
    machines = [nic for machine in recorded_machines(recordings) for nic in machine["interface_set"]]
    results = f"nodes/{system_id}/results/current-commissioning/"
    pairs = {
        f"nodes/{system_id}/interfaces/eth0/": [*nics, *machines],
        results: [found["node_result_get_by_id"], *sets],
        f"{results}?include_output=true": [found["node_result_with_output"], *sets],
    }
    for path, real in pairs.items():
        answer = lab.target.http("GET", path).json()
        assert set(answer) == set(real[0]), path
        theirs = shapes(real)
        for where, kinds in shapes([answer]).items():
            assert kinds - {"null"} <= theirs[where], f"{path}: {where}"


@pytest.mark.parametrize(
    ("layout", "name"), [("flat", "op_set_storage_layout_flat"), ("lvm", "op_set_storage_layout_lvm")]
)
def test_a_storage_layout_looks_as_it_does_in_a_region(recordings: Path, lab: Lab, layout: str, name: str) -> None:
    system_id = lab.ready()
    form = {"storage_layout": layout}
    mine = lab.target.http("POST", f"machines/{system_id}/?op=set_storage_layout", data=form).json()
    real = recorded(recordings, f"op_set_storage_layout_{layout}")["json"]

    def told(machine: dict[str, Any]) -> list[Any]:
        disks = [machine["boot_disk"], *machine["virtualblockdevice_set"]]
        parts = [part for disk in disks for part in disk["partitions"]]
        return [
            *[(part["bootable"], part["used_for"], (part["filesystem"] or {}).get("mount_point")) for part in parts],
            *[(disk["partition_table_type"], disk["used_for"], disk["type"]) for disk in disks],
            len(machine["volume_groups"]),
        ]

    assert told(mine) == told(real)
    for part in ("boot_disk", "virtualblockdevice_set", "volume_groups"):
        ours, theirs = shapes([mine[part]]), shapes([real[part]])
        assert {where: kinds - {"null"} for where, kinds in ours.items()}.items() <= {
            where: kinds - {"null"} for where, kinds in theirs.items()
        }.items(), part


def test_a_machine_in_rescue_mode_looks_as_it_does_in_a_region(recordings: Path, lab: Lab) -> None:
    system_id = lab.deployed()
    mine = lab.target.http("POST", f"machines/{system_id}/?op=rescue_mode").json()
    real = recorded(recordings, "op_rescue_mode_deployed_manual")["json"]
    for name in ("status", "status_name", "status_message", "status_action", "netboot", "osystem", "owner"):
        assert mine[name] == real[name], name
