"""The catalogue's recorded answers: the client reads them all, and the emulator gives the same ones."""

import json
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from pydantic import TypeAdapter
from werkzeug.datastructures import MultiDict

from gough.adapters.maas import errors
from gough.adapters.maas.catalogue import (
    boot_resources,
    boot_sources,
    configuration,
    domains,
    fabrics,
    ip_ranges,
    pools,
    rack_controllers,
    ssh_keys,
    subnets,
    tags,
    vlans,
    zones,
)
from gough.domain.errors import GoughError, Invalid, NotFound, Refused

from .harness import Lab, shapes, signature
from .test_recordings import as_response

# (path without its ids, operation): what reads one, and what reads a list of them
READERS: dict[tuple[str, str], tuple[TypeAdapter[Any], ...]] = {
    ("tags", ""): (tags.TAG, tags.TAGS),
    ("tags", "update_nodes"): (tags.TAG_CHANGE,),
    ("resourcepools", ""): (pools.POOL, pools.POOLS),
    ("resourcepool", ""): (pools.POOL,),
    ("zones", ""): (zones.ZONE, zones.ZONES),
    ("domains", ""): (domains.DOMAIN, domains.DOMAINS),
    ("fabrics", ""): (fabrics.FABRIC, fabrics.FABRICS),
    ("fabrics/vlans", ""): (vlans.VLAN, vlans.VLANS),
    ("subnets", ""): (subnets.SUBNET, subnets.SUBNETS),
    ("subnets", "statistics"): (subnets.STATISTICS,),
    ("subnets", "unreserved_ip_ranges"): (subnets.SPANS,),
    ("ipranges", ""): (ip_ranges.IP_RANGE, ip_ranges.IP_RANGES),
    ("boot-resources", ""): (boot_resources.BOOT_RESOURCE, boot_resources.BOOT_RESOURCES),
    ("boot-resources", "is_importing"): (boot_resources.IMPORTING,),
    ("boot-sources", ""): (boot_sources.BOOT_SOURCE, boot_sources.BOOT_SOURCES),
    ("boot-sources/selections", ""): (boot_sources.SELECTIONS,),
    ("maas", "get_config"): (configuration.SETTING,),
    ("account/sshkeys", ""): (ssh_keys.SSH_KEY, ssh_keys.SSH_KEYS),
    ("rackcontrollers", ""): (rack_controllers.RACKS,),
    ("rackcontrollers", "list_boot_images"): (rack_controllers.RACK_IMAGES,),
}
NOT_ALWAYS = {"purpose"}  # only reserved spans have it

# What was asked of the region while it was recorded, in that order.
STORY = (
    "tag_create", "err_tag_create_duplicate", "err_tag_create_bad_name", "err_tag_create_bad_definition", "tag_put",
    "tag_create_with_definition", "tag_rebuild", "tag_delete", "tag_delete_again", "err_unknown_tag",
    "resourcepool_create", "err_resourcepool_create_duplicate", "resourcepool_put", "resourcepool_delete",
    "err_resourcepool_delete_default", "resource_pools_wrong_path",
    "zone_create", "zone_put", "zone_delete", "err_zone_delete_default",
    "fabric_create", "vlan_create", "err_vlan_create_duplicate", "subnet_create", "err_subnet_create_bad_cidr",
    "subnet_put", "iprange_create_dynamic", "iprange_create_reserved", "err_iprange_overlap", "vlan_put_dhcp_on",
    "iprange_delete",
    "sshkeys_list", "sshkey_create", "err_sshkey_duplicate", "err_sshkey_bad", "sshkey_delete",
    "boot_source_create", "boot_source_selections_list", "boot_source_selection_create", "boot_source_delete",
    "boot_resources_is_importing", "boot_resources_import",
    "maas_set_config_ntp_servers", "maas_get_config_ntp_servers_after_set", "maas_set_config_upstream_dns",
    "maas_get_config_upstream_dns_after_set", "maas_set_config_maas_name", "maas_get_config_maas_name_after_set",
    "maas_set_config_default_distro_series", "maas_get_config_default_distro_series_after_set",
    "maas_get_config_http_proxy", "maas_get_config_curtin_verbose", "err_set_config_unknown", "err_set_config_bad_dns",
    "err_set_config_bad_series", "err_set_config_no_value", "maas_set_config_in_query", "maas_get_config_no_name",
    "maas_get_config_nosuch",
)  # fmt: skip
OTHERS_REFUSED = ("err_perm_user_create_tag", "err_perm_user_create_zone", "err_perm_user_set_config",
                  "perm_user_boot_sources", "quirk_anonymous_tags")  # fmt: skip
MEANINGS: dict[int, type[GoughError]] = {400: Invalid, 401: Refused, 403: Refused, 404: NotFound}
SAME_SHAPE = {
    "tags/": ("tags_list",), "zones/": ("zones_list",), "resourcepools/": ("resourcepools_list",),
    "domains/": ("domains_list",), "fabrics/": ("fabrics_list",), "fabrics/0/vlans/": ("vlans_list",),
    "subnets/": ("subnets_list",), "subnets/1/": ("subnet_get", "subnet_create"),
    "subnets/1/?op=statistics": ("subnet_op_statistics",),
    "subnets/1/?op=unreserved_ip_ranges": ("subnet_op_unreserved_ip_ranges",),
    "ipranges/1/": ("iprange_create_dynamic",), "boot-resources/": ("boot_resources_list",),
    "boot-resources/2/": ("boot_resource_get",), "boot-sources/1/": ("boot_source_create",),
    "rackcontrollers/": ("rackcontrollers_list",),
    "rackcontrollers/rack01/?op=list_boot_images": ("rackcontroller_list_boot_images",),
}  # fmt: skip
TOP = re.compile(r"(\[\])?\.[^.\[\]]+")  # the fields of the answer, or of what it lists
LEFT_OUT = re.compile(r".*(id|uri|created|updated)|email")  # of no interest: the region's own numbers and times


def recording(folder: Path, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    recorded = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return recorded["request"], recorded["response"]


def asked(request: Mapping[str, Any]) -> str:
    """Path and query below api/2.0/."""
    return str(request["url"].partition("/api/2.0/")[2])


def test_every_recorded_answer_is_read_field_by_field(recordings: Path) -> None:
    seen = set()
    for file in sorted(recordings.glob("*.json")):
        recorded = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(recorded, dict) or recorded["response"]["status"] >= 300:
            continue
        path, _, query = asked(recorded["request"]).partition("?")
        key = "/".join(path.strip("/").split("/")[::2]), parse_qs(query).get("op", [""])[0]
        body = recorded["response"].get("json")
        if key not in READERS or (body is None and key[0] != "maas"):
            continue
        reader = READERS[key][-1 if isinstance(body, list) else 0]
        seen.add(key)
        compare(reader.validate_python(body), body, file.stem)
    assert seen == set(READERS)


def compare(read: Any, body: Any, where: str) -> None:
    """Every field has its recorded value, null is the empty one, and no field is of our own making."""
    if isinstance(body, list):
        assert len(read) == len(body), where
        for one, of in zip(read, body, strict=True):
            compare(one, of, where)
    elif is_dataclass(read):
        for field in fields(read):
            value = getattr(read, field.name)
            if field.name not in body:
                assert field.name in NOT_ALWAYS or (field.name, value) == ("sets", None), f"{where}: {field.name}"
                continue
            compare(value, body[field.name], f"{where}.{field.name}")
    elif isinstance(body, str | int | float) and isinstance(read, str | int | float):
        assert read == body, where
    elif body is None:
        assert read in {None, ""}, where


def test_the_recorded_story_gets_the_same_answers_from_the_emulator(recordings: Path, lab: Lab) -> None:
    ids: dict[tuple[str, str], str] = {}  # (resource, the region's number): the emulator's number
    for name in STORY:
        request, recorded = recording(recordings, name)
        path = re.sub(r"([a-z-]+)/(\d+)/", lambda m: f"{m[1]}/{ids.get((m[1], m[2]), m[2])}/", asked(request))
        form = [(key, ids.get((f"{key}s", value), value)) for key, value in pairs(request.get("form"))]
        answer = lab.target.http(request["method"], path, data=MultiDict(form).to_dict(flat=False))
        assert (answer.status_code, answer.headers.get("content-type")) == (
            recorded["status"],
            recorded["headers"].get("Content-Type"),
        ), f"{name}: {answer.text}"
        if recorded.get("text") is not None:
            assert answer.text == recorded["text"], name
            continue
        assert told(answer.json()) == told(recorded.get("json")), name
        if request["method"] == "POST" and "id" in recorded["json"]:
            home = recorded["json"].get("resource_uri", f"{asked(request)}0/")
            ids[home.split("/")[-3], str(recorded["json"]["id"])] = str(answer.json()["id"])


def pairs(form: Any) -> list[tuple[str, str]]:
    return [(key, value) for key, value in (form.items() if isinstance(form, dict) else form or [])]


def told(value: Any) -> Any:
    """The answer without what is the region's own: numbers, times, addresses, its choice of releases."""
    if isinstance(value, dict):
        return {key: told(item) for key, item in value.items() if not LEFT_OUT.fullmatch(key)}
    if isinstance(value, list):
        return [told(item) for item in value]
    return re.sub(r"(It should be one of: ).*", r"\1…", value) if isinstance(value, str) else value


@pytest.mark.parametrize("name", [name for name in STORY if "err_" in name] + ["vlan_put_dhcp_on", *OTHERS_REFUSED])
def test_a_recorded_refusal_becomes_an_error_of_ours_in_maas_words(recordings: Path, name: str) -> None:
    _, recorded = recording(recordings, name)
    error = errors.translate(as_response(recorded), str)
    assert type(error) is MEANINGS[recorded["status"]]
    said = recorded.get("json") or {"": [recorded.get("text", "")]}
    for field, messages in said.items():
        for message in messages:
            assert message[:100] in str(error)
            if field not in {"", "__all__"}:
                assert (f"/{field}", message) in {(problem.pointer, problem.message) for problem in error.problems}


@pytest.mark.parametrize("name", OTHERS_REFUSED)
def test_who_is_no_administrator_is_refused_as_a_region_does(recordings: Path, lab: Lab, name: str) -> None:
    request, recorded = recording(recordings, name)
    key = None if request["auth"] == "none" else signature(lab.region.add_user("user1"))
    answer = lab.target.http(request["method"], asked(request), auth=key, data=request.get("form"))
    assert (answer.status_code, answer.text) == (recorded["status"], recorded["text"])
    assert answer.headers["content-type"] == recorded["headers"]["Content-Type"]


@pytest.mark.parametrize("path", SAME_SHAPE)
def test_the_emulators_answers_have_the_recorded_shape(recordings: Path, lab: Lab, path: str) -> None:
    lab.maas.tags.create("a-tag")
    theirs = shaped([recording(recordings, name)[1]["json"] for name in SAME_SHAPE[path]])
    mine = shaped([lab.target.http("GET", path).json()])
    assert {where for where in mine if TOP.fullmatch(where)} == {where for where in theirs if TOP.fullmatch(where)}
    for where, kinds in mine.items():
        assert kinds - {"null"} <= theirs[where] or theirs[where] == {"null"}, where


def shaped(values: list[Any]) -> dict[str, set[str]]:
    """With one name for every version and file of an image."""
    found: dict[str, set[str]] = {}
    for where, kinds in shapes(values).items():
        found.setdefault(re.sub(r"(\.sets|\.files)\.[\w-]+", r"\1.*", where), set()).update(kinds)
    return found
