"""What each list has as a file: headings, and what stands below them."""

from collections.abc import Mapping
from operator import attrgetter, itemgetter
from typing import Any

import orjson

from gough.domain.machine_status import MachineStatus
from gough.domain.waves import ItemState
from gough.persistence.models import Job
from gough.ports import BootImage, Network, NetworkSubnet
from gough.services.bulk_results import Result
from gough.services.catalogue import Of
from gough.services.fleet_hosts.reading import HostLine, PolicyLine, ResultLine
from gough.web.portal.tables import Columns

MACHINES: Columns[Mapping[str, Any]] = {
    "machine": itemgetter("hostname"), "service": itemgetter("service"), "since": itemgetter("service_since"),
    "reason": itemgetter("reason"), "next_action": itemgetter("next_action"),
    "maas_status": lambda row: MachineStatus(row["status"]).label, "power": itemgetter("power_state"),
    "region": itemgetter("region"), "system_id": itemgetter("system_id"), "zone": itemgetter("zone"),
    "pool": itemgetter("pool"), "owner": itemgetter("owner"), "locked": itemgetter("locked"),
    "tags": itemgetter("tags"), "addresses": itemgetter("ip_addresses"), "architecture": itemgetter("architecture"),
    "cores": itemgetter("cpu_count"), "memory_mib": itemgetter("memory_mib"), "site": itemgetter("site"),
    "rack": itemgetter("rack"), "unit": itemgetter("unit"), "gough_id": itemgetter("id"),
}  # fmt: skip


def _stage(job: Job) -> str:
    return next((step.name for step in job.steps if step.state in ("running", "failed")), "")


JOBS: Columns[Job] = {
    "job": attrgetter("id"), "kind": attrgetter("kind"), "machine": lambda job: job.machine.hostname,
    "state": attrgetter("state"), "stage": _stage,
    "diagnosis": lambda job: (job.diagnosis or {}).get("summary", "") if job.state == "failed" else "",
    "template": lambda job: job.parameters.get("template", ""), "priority": attrgetter("priority"),
    "by": attrgetter("created_by"), "asked": attrgetter("created_at"), "began": attrgetter("started_at"),
    "ended": attrgetter("finished_at"),
}  # fmt: skip
TEMPLATES: Columns[Any] = {
    "template": lambda row: row[1].name, "description": lambda row: row[1].description,
    "version": lambda row: row[0].number, "made": lambda row: row[0].created_at, "series": lambda row: row[1].series,
    "extends": lambda row: [parent.name for parent in row[1].parents], "machines": lambda row: row[2],
    "on_older_versions": lambda row: row[3],
}  # fmt: skip
REGIONS: Columns[Mapping[str, Any]] = {
    "region": lambda row: row["region"].name, "url": lambda row: row["region"].url,
    "health": lambda row: row["region"].health, "reason": lambda row: row["region"].health_reason,
    "maas": lambda row: row["region"].version, "machines": lambda row: row["standing"].machines,
    "polled": lambda row: row["region"].polled_at, "behind_seconds": lambda row: row["region"].lag_seconds,
    "jobs_running": lambda row: row["place"].running, "jobs_waiting": lambda row: row["place"].waiting,
    "gough_id": lambda row: row["region"].id,
}  # fmt: skip
USERS: Columns[Mapping[str, Any]] = {
    "name": itemgetter("name"), "role": itemgetter("role"), "disabled": itemgetter("is_disabled"),
    "second_factor": itemgetter("has_second_factor"), "made": itemgetter("created_at"),
    "signed_in": itemgetter("signed_in_at"),
}  # fmt: skip
IMAGES: Columns[Of[BootImage]] = {
    "image": lambda each: each.thing.name, "architecture": lambda each: each.thing.architecture,
    "kernels": lambda each: list(each.thing.kernels), "region": lambda each: each.region,
}  # fmt: skip
NETWORKS: Columns[tuple[Of[Network], NetworkSubnet | None]] = {
    "fabric": lambda row: row[0].thing.fabric, "vid": lambda row: row[0].thing.vid,
    "vlan": lambda row: row[0].thing.name, "dhcp": lambda row: row[0].thing.dhcp_on,
    "mtu": lambda row: row[0].thing.mtu, "space": lambda row: row[0].thing.space,
    "subnet": lambda row: row[1].cidr if row[1] else "", "gateway": lambda row: row[1].gateway_ip if row[1] else "",
    "dns": lambda row: list(row[1].dns_servers) if row[1] else [], "region": lambda row: row[0].region,
}  # fmt: skip
AUDIT: Columns[Mapping[str, Any]] = {
    "when": itemgetter("at"), "who": itemgetter("actor"), "via": itemgetter("via"), "from": itemgetter("address"),
    "what": itemgetter("action"), "to_what": itemgetter("target"), "outcome": itemgetter("outcome"),
    "before": lambda row: _json(row["before"]), "after": lambda row: _json(row["after"]),
    "request": itemgetter("request_id"),
}  # fmt: skip
BULK: Columns[Result] = {
    "machine": attrgetter("hostname"), "state": lambda row: ItemState(row.state).value, "reason": attrgetter("reason"),
    "job": attrgetter("job_id"), "gough_id": attrgetter("machine_id"),
}  # fmt: skip
AGENTS: Columns[Any] = {
    "machine": lambda row: row.machine.hostname, "state": lambda row: row.standing.name,
    "reason": lambda row: row.standing.reason, "version": lambda row: row.agent.version,
    "enrolled": lambda row: row.agent.enrolled_at, "last_seen": lambda row: row.agent.last_seen_at,
    "clock_skew_seconds": lambda row: row.agent.clock_skew_seconds, "agent": lambda row: row.id,
}  # fmt: skip
POLICIES: Columns[PolicyLine] = {
    "policy": lambda row: row.policy.name, "critical": lambda row: row.policy.critical,
    "failing": attrgetter("failing"), "passing": attrgetter("passing"), "unknown": attrgetter("unknown"),
    "server": attrgetter("server"), "pack": lambda row: row.policy.pack, "id": lambda row: row.policy.id,
}  # fmt: skip
RESULTS: Columns[ResultLine] = {
    "host": lambda row: row.host.hostname, "machine": attrgetter("machine"), "verdict": attrgetter("verdict"),
    "since": attrgetter("since"), "gough_id": lambda row: row.host.machine_id,
}  # fmt: skip
HOSTS: Columns[HostLine] = {
    "host": lambda row: row.host.hostname, "machine": attrgetter("machine"), "status": lambda row: row.host.status,
    "failing": lambda row: row.host.failing, "bound_by": lambda row: row.host.binding,
    "note": lambda row: row.host.binding_reason, "os": lambda row: row.host.os_version,
    "osquery": lambda row: row.host.osquery_version, "uuid": lambda row: row.host.uuid,
    "serial": lambda row: row.host.serial, "seen": lambda row: row.host.seen_at, "server": attrgetter("server"),
    "gough_id": lambda row: row.host.machine_id,
}  # fmt: skip


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode() if value else ""
