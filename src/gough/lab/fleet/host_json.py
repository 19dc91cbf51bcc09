"""A host as the API shows it: in lists, alone, and with what was asked for beside it."""

import json
from importlib.resources import files
from typing import Any

from gough.lab.fleet.core import Core, Label, Policy
from gough.lab.fleet.host import Host, Installed
from gough.lab.fleet.wire import when

COMMON: dict[str, Any] = json.loads((files("gough.lab.fleet") / "host.json").read_text("utf-8"))
ONLY_ALONE = frozenset({
    "last_mdm_enrolled_at", "mdm_enrollment_hardware_attested", "packs", "last_mdm_checked_in_at",
    "conditional_access_bypassed", "batteries", "end_users",
})  # fmt: skip
FEW_ISSUES = "critical_vulnerabilities_count"


def listed(core: Core, host: Host) -> dict[str, Any]:
    shown = {name: value for name, value in COMMON.items() if name not in ONLY_ALONE} | _facts(core, host)
    shown["software"] = None
    shown["issues"] = shown["issues"] | {FEW_ISSUES: 0}
    return shown


def alone(core: Core, host: Host) -> dict[str, Any]:
    return COMMON | _facts(core, host) | {
        "policies": host_policies(core, host),
        "labels": [label_json(core, label) for label in core.labels.values() if label.has(host)],
        "software": [_software(core, each) for each in host.software],
        "users": [],
    }  # fmt: skip


def host_policies(core: Core, host: Host) -> list[dict[str, Any]]:
    return [policy_json(core, policy) | {"response": _response(host, policy)} for policy in core.policies_of(host)]


def policy_json(core: Core, policy: Policy) -> dict[str, Any]:
    author = policy.author
    return {
        "id": policy.id,
        "name": policy.name,
        "query": policy.query,
        "description": policy.description,
        "resolution": policy.resolution,
        "platform": policy.platform,
        "critical": False,
        "type": "dynamic",
        "author_id": author.id if author else None,
        "author_name": author.name if author else "",
        "author_email": author.email if author else "",
        "calendar_events_enabled": False,
        "conditional_access_enabled": False,
        "team_id": None,
        "created_at": when(policy.created_at),
        "updated_at": when(policy.updated_at),
    } | ({"fleet_id": None} if core.has_reports else {})


def label_json(core: Core, label: Label) -> dict[str, Any]:
    return {
        "id": label.id,
        "name": label.name,
        "description": label.description,
        "query": label.query,
        "platform": "",
        "label_type": "builtin" if label.built_in else "regular",
        "label_membership_type": "dynamic" if label.query else "manual",
        "author_id": label.author.id if label.author else None,
        "team_id": None,
        "created_at": when(label.created_at),
        "updated_at": when(label.created_at),
    } | ({"fleet_id": None} if core.has_reports else {})


def _response(host: Host, policy: Policy) -> str:
    return {True: "pass", False: "fail", None: ""}[host.verdicts.get(policy.id)]


def _software(core: Core, installed: Installed) -> dict[str, Any]:
    return software_json(core, installed) | {"installed_paths": [], "signature_information": None}


def software_json(core: Core, installed: Installed) -> dict[str, Any]:
    found = [weakness_json(weak) for weak in core.weaknesses if _concerns(weak.software, weak.version, installed)]
    return {
        "id": core.software_id(installed),
        "name": installed.name,
        "display_name": installed.name,
        "version": installed.version,
        "source": installed.source,
        "browser": "",
        "extension_for": "",
        "generated_cpe": f"cpe:2.3:a:{installed.name}:{installed.name}:{installed.version}:*:*:*:*:*:*:*",
        "vulnerabilities": found or None,
    }


def weakness_json(weak: Any) -> dict[str, Any]:
    return {
        "cve": weak.cve,
        "details_link": f"https://nvd.nist.gov/vuln/detail/{weak.cve}",
        "created_at": when(weak.published_at),
        "cvss_score": weak.score,
        "epss_probability": 0.01,
        "cisa_known_exploit": False,
        "cve_published": when(weak.published_at),
        "cve_description": f"A weakness of {weak.software} {weak.version}.",
        "resolved_in_version": "",
    }


def _concerns(name: str, version: str, installed: Installed) -> bool:
    return (name, version) == (installed.name, installed.version)


def _facts(core: Core, host: Host) -> dict[str, Any]:
    now = core.clock()
    free = round(100 * host.disk_free / host.disk_total, 1) if host.disk_total else 0.0
    facts = {
        "id": host.id,
        "uuid": host.uuid,
        "hostname": host.hostname,
        "computer_name": host.hostname,
        "display_name": host.hostname or host.osquery_id,
        "display_text": host.hostname or host.osquery_id,
        "hardware_serial": host.serial,
        "hardware_model": host.model,
        "hardware_vendor": host.vendor,
        "platform": host.platform,
        "platform_like": host.platform_like,
        "os_version": host.os_version,
        "osquery_version": host.osquery_version,
        "status": host.status(now),
        "memory": host.memory,
        "cpu_type": "x86_64",
        "cpu_brand": host.cpu_brand,
        "cpu_logical_cores": host.cpu_cores,
        "cpu_physical_cores": host.cpu_cores,
        "primary_ip": host.primary_ip,
        "primary_mac": host.primary_mac,
        "public_ip": "",
        "uptime": host.uptime,
        "gigs_total_disk_space": host.disk_total,
        "gigs_disk_space_available": host.disk_free,
        "percent_disk_space_available": free,
        "distributed_interval": host.distributed_interval,
        "config_tls_refresh": host.config_refresh,
        "logger_tls_period": 10,
        "refetch_requested": host.refetch,
        "issues": {"failing_policies_count": host.failing, "total_issues_count": host.failing},
    }
    if not core.has_reports:
        facts |= {"team_id": None, "team_name": None}
    return facts | _times(host)


def _times(host: Host) -> dict[str, str]:
    return {
        "created_at": when(host.created_at),
        "updated_at": when(host.seen_at),
        "seen_time": when(host.seen_at),
        "last_enrolled_at": when(host.enrolled_at),
        "last_restarted_at": when(host.seen_at - host.uptime / 1e9),
        "detail_updated_at": when(host.details_at),
        "label_updated_at": when(host.labels_at),
        "policy_updated_at": when(host.policies_at),
        "software_updated_at": when(host.software_at),
    }
