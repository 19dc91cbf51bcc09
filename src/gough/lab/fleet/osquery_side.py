"""What osquery asks of the server: enrol, configuration, work and answers. https://osquery.readthedocs.io (remote)"""

import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from gough.lab.fleet.core import Core
from gough.lab.fleet.details import DETAILS
from gough.lab.fleet.host import Host
from gough.lab.fleet.live import LiveResult
from gough.lab.fleet.wire import node_invalid

PREFIX = "fleet_"
_NAME = re.compile(r"fleet_(detail|policy|label|distributed)_query_(\w+)")
OPTIONS = {
    "disable_distributed": False,
    "distributed_interval": 10,
    "distributed_plugin": "tls",
    "distributed_tls_max_attempts": 3,
    "logger_tls_endpoint": "/api/osquery/log",
    "logger_tls_period": 10,
    "pack_delimiter": "/",
}
Body = Mapping[str, Any]


def enroll(core: Core, body: Body) -> dict[str, Any]:
    """A new node key; the one it had before is no longer good."""
    if not any(secrets.compare_digest(str(body.get("enroll_secret", "")), known) for known, _ in core.secrets):
        raise node_invalid("enroll failed: no matching secret found")
    identifier = str(body.get("host_identifier") or "")
    if not identifier:
        raise node_invalid("enroll failed: missing host identifier")
    now, key = core.clock(), secrets.token_urlsafe(24)
    host = next((known for known in core.hosts.values() if known.osquery_id == identifier), None)
    if host is None:
        number = core.next("host")
        host = core.hosts[number] = Host(number, identifier, key, now, now, now)
    host.node_key, host.enrolled_at, host.seen_at, host.refetch = key, now, now, True
    told = body.get("host_details") or {}
    for table in ("os_version", "system_info", "osquery_info"):
        if isinstance(told, dict) and told.get(table):
            DETAILS[table].take(host, [told[table]])
    return {"node_key": key}


def config(core: Core, body: Body) -> dict[str, Any]:
    host = _host(core, body)
    schedule = {
        query.name: {"query": query.query, "interval": query.interval, "snapshot": True}
        for query in core.queries.values()
        if query.interval
    }
    host.distributed_interval = OPTIONS["distributed_interval"]  # type: ignore[assignment]  # a table of mixed values
    return {
        "options": OPTIONS,
        "decorators": {"load": ["SELECT uuid AS host_uuid FROM system_info"]},
        "packs": {"Global": {"queries": schedule}},
    }


def read(core: Core, body: Body) -> dict[str, Any]:
    host = _host(core, body)
    asked = {f"fleet_distributed_query_{number}": sql for number, sql in core.campaigns.for_host(host.id).items()}
    if _due(core, host, host.details_at):
        asked |= {f"fleet_detail_query_{name}": detail.sql for name, detail in DETAILS.items()}
    if _due(core, host, host.labels_at):
        own = (label for label in core.labels.values() if label.query and not label.built_in)
        asked |= {f"fleet_label_query_{label.id}": label.query for label in own}
    if _due(core, host, host.policies_at) or any(one.id not in host.verdicts for one in core.policies_of(host)):
        asked |= {f"fleet_policy_query_{policy.id}": policy.query for policy in core.policies_of(host)}
    answer: dict[str, Any] = {"queries": asked, "discovery": dict.fromkeys(asked, "SELECT 1")}
    return answer | ({"accelerate": 10} if host.details_at is None else {})


def write(core: Core, body: Body) -> dict[str, Any]:
    host = _host(core, body)
    answers, statuses, messages = (body.get(name) or {} for name in ("queries", "statuses", "messages"))
    kinds = set()
    for name in answers:
        found = _NAME.fullmatch(name)
        if found is None:
            continue
        failed = str(statuses.get(name, "0")) not in ("", "0")
        kinds.add(found[1])
        _TAKERS[found[1]](core, host, found[2], None if failed else answers[name] or [], str(messages.get(name, "")))
    now = core.clock()
    if "detail" in kinds:
        host.details_at = host.software_at = now
        host.labels_at = host.labels_at or now  # there may be none to ask for
        host.refetch = False
    host.labels_at = now if "label" in kinds else host.labels_at
    host.policies_at = now if "policy" in kinds else host.policies_at
    return {}


def log(core: Core, body: Body) -> dict[str, Any]:
    host = _host(core, body)
    lines = body.get("data") or []
    core.logs += [line for line in lines if isinstance(line, dict)]
    if body.get("log_type") == "result":
        for line in lines:
            _keep_result(core, host, line)
    return {}


def _keep_result(core: Core, host: Host, line: Mapping[str, Any]) -> None:
    name = str(line.get("name", "")).rpartition("/")[2]
    query = next((known for known in core.queries.values() if known.name == name), None)
    if query is not None and isinstance(line.get("snapshot"), list):
        query.rows[host.id] = core.clock(), line["snapshot"]


def _host(core: Core, body: Body) -> Host:
    key = str(body.get("node_key") or "")
    for host in core.hosts.values():
        if key and host.node_key == key:
            host.seen_at = core.clock()
            return host
    raise node_invalid(f"authentication error: invalid node key: {key[:4]}")


def _due(core: Core, host: Host, last: float | None) -> bool:
    return host.refetch or last is None or core.clock() >= last + core.interval


Rows = list[dict[str, str]]


def _take_detail(_: Core, host: Host, name: str, rows: Rows | None, __: str) -> None:
    if rows is not None and name in DETAILS:
        DETAILS[name].take(host, rows)


def _take_policy(core: Core, host: Host, name: str, rows: Rows | None, _: str) -> None:
    if name.isdigit() and int(name) in core.policies:
        host.verdicts[int(name)] = None if rows is None else bool(rows)


def _take_label(_: Core, host: Host, name: str, rows: Rows | None, __: str) -> None:
    if name.isdigit() and rows is not None:
        host.labels[int(name)] = bool(rows)


def _take_live(core: Core, host: Host, name: str, rows: Rows | None, message: str) -> None:
    if name.isdigit():
        error = "" if rows is not None else message or "query failed"
        core.campaigns.answered(int(name), LiveResult(host.id, rows or [], error))


_TAKERS: Mapping[str, Callable[[Core, Host, str, Rows | None, str], None]] = {
    "detail": _take_detail,
    "policy": _take_policy,
    "label": _take_label,
    "distributed": _take_live,
}
ENDPOINTS: Mapping[str, Callable[[Core, Body], dict[str, Any]]] = {
    "enroll": enroll,
    "config": config,
    "distributed/read": read,
    "distributed/write": write,
    "log": log,
}
