"""Hosts: lists with their filters, one of them, its health, and asking it something now."""

from collections.abc import Callable, Mapping
from typing import Any

from gough.lab.fleet.call import Call, Resource
from gough.lab.fleet.core import Core
from gough.lab.fleet.host import NEW_FOR, Host
from gough.lab.fleet.host_json import alone, host_policies, listed
from gough.lab.fleet.wire import Answer, bad_request, invalid, json_answer, not_found, when

STATUSES: Mapping[str, Callable[[Host, float], bool]] = {
    "online": lambda host, now: host.online_at(now),
    "offline": lambda host, now: not host.online_at(now),
    "missing": lambda host, now: host.missing_at(now),
    "mia": lambda host, now: host.missing_at(now),
    "new": lambda host, now: now <= host.created_at + NEW_FOR,
}
RESPONSES = {"passing": True, "failing": False}


def found(call: Call, hosts: list[Host]) -> list[Host]:
    """Those that the request's filters leave."""
    core, args = call.core, call.args
    if args.get("fleet_id") or args.get("team_id"):
        raise not_found("Fleet", args.get("fleet_id") or args.get("team_id"))
    if status := args.get("status"):
        if status not in STATUSES:
            raise bad_request(f"Invalid status {status}.")
        hosts = [host for host in hosts if STATUSES[status](host, core.clock())]
    if text := args.get("query", "").lower():
        hosts = [host for host in hosts if any(text in value.lower() for value in _searched(host))]
    return _by_policy(call, hosts)


def _searched(host: Host) -> tuple[str, ...]:
    return host.hostname, host.uuid, host.serial, host.primary_ip


def _by_policy(call: Call, hosts: list[Host]) -> list[Host]:
    policy, response = call.args.get("policy_id"), call.args.get("policy_response")
    if not policy:
        return hosts
    if not policy.isdigit() or int(policy) not in call.core.policies:
        raise not_found("Policy", policy)
    if response is None:
        return [host for host in hosts if host.verdicts.get(int(policy)) is None]
    if response not in RESPONSES:
        raise bad_request(f"Invalid policy_response {response}.")
    return [host for host in hosts if host.verdicts.get(int(policy)) is RESPONSES[response]]


def page_of(call: Call, hosts: list[Host]) -> Answer:
    core = call.core
    shown, _ = call.page([listed(core, host) for host in found(call, hosts)])
    if call.args.get("populate_policies") in ("true", "1"):
        shown = [row | {"policies": host_policies(core, core.hosts[row["id"]])} for row in shown]
    return json_answer({"hosts": shown})


def _list(call: Call) -> Answer:
    with call.core.lock:
        return page_of(call, list(call.core.hosts.values()))


def _count(call: Call) -> Answer:
    with call.core.lock:
        return json_answer({"count": len(found(call, list(call.core.hosts.values())))})


def _read(call: Call) -> Answer:
    with call.core.lock:
        return json_answer({"host": alone(call.core, call.core.host(call.id))})


def _identified(call: Call) -> Answer:
    with call.core.lock:
        return json_answer({"host": alone(call.core, call.core.host_called(call.id))})


def _delete(call: Call) -> Answer:
    with call.core.lock:
        host = call.core.host(call.id)
        del call.core.hosts[host.id]
        call.core.noted(call.user, "deleted_host", host_id=host.id, host_display_name=host.hostname)
        return json_answer({})


def _refetch(call: Call) -> Answer:
    with call.core.lock:
        call.core.host(call.id).refetch = True
        return json_answer({})


def _query(call: Call) -> Answer:
    sql = call.text("query", required=True)
    with call.core.lock:
        host = call.core.host(call.id)
        status = host.status(call.core.clock())
        call.core.noted(call.user, "live_query", targets_count=1, query_sql=sql)
        results = call.core.campaigns.run(sql, [host.id]) if status == "online" else []
    answer: dict[str, Any] = {"host_id": host.id, "query": sql, "status": status, "error": None, "rows": None}
    if results and results[0].error:
        answer["error"] = results[0].error
    elif results:
        answer["rows"] = results[0].rows
    elif status == "online":
        answer["error"] = "timeout waiting for results"
    return json_answer(answer)


def _health(call: Call) -> Answer:
    with call.core.lock:
        host = call.core.host(call.id)
        failing = [policy for policy in call.core.policies_of(host) if host.verdicts.get(policy.id) is False]
        named = [{"id": one.id, "name": one.name, "critical": False, "resolution": one.resolution} for one in failing]
        health = {
            "updated_at": when(host.details_at),
            "os_version": host.os_version,
            "disk_encryption_enabled": False,
            "failing_policies_count": len(failing),
            "failing_critical_policies_count": 0,
            "failing_policies": named,
        }
        return json_answer({"host_id": host.id, "health": health})


def _label(call: Call) -> Answer:
    """Put a host under labels that are kept by hand."""
    with call.core.lock:
        host = call.core.host(call.id)
        names = call.body.get("labels") or []
        known = {label.name: label for label in call.core.labels.values() if not label.query and not label.built_in}
        if unknown := [name for name in names if name not in known]:
            raise invalid("labels", f"label(s) {', '.join(map(str, unknown))} not found")
        for name in names:
            known[name].members.add(host.id)
        return json_answer({})


def _summary(call: Call) -> Answer:
    with call.core.lock:
        core, now = call.core, call.core.clock()
        hosts = list(core.hosts.values())
        counts = {name: sum(holds(host, now) for host in hosts) for name, holds in STATUSES.items()}
        platforms = {host.platform for host in hosts}
        return json_answer({
            "totals_hosts_count": len(hosts),
            "online_count": counts["online"],
            "offline_count": counts["offline"],
            "mia_count": counts["mia"],
            "missing_30_days_count": counts["missing"],
            "new_count": counts["new"],
            "all_linux_count": sum(host.is_linux for host in hosts),
            "dep_assign_error_count": 0,
            "builtin_labels": _built_in(core),
            "platforms": [
                {"platform": name, "hosts_count": sum(host.platform == name for host in hosts)} for name in platforms
            ],
        })  # fmt: skip


def _built_in(core: Core) -> list[dict[str, Any]]:
    return [
        {"id": one.id, "name": one.name, "description": one.description, "label_type": "builtin", "team_id": None}
        | ({"fleet_id": None} if core.has_reports else {})
        for one in core.labels.values()
        if one.built_in
    ]


RESOURCES = (
    Resource(r"hosts", {"GET": _list}),
    Resource(r"hosts/count", {"GET": _count}),
    Resource(r"host_summary", {"GET": _summary}),
    Resource(r"hosts/identifier/([^/]+)", {"GET": _identified}),
    Resource(r"hosts/(\d+)", {"GET": _read, "DELETE": _delete}),
    Resource(r"hosts/(\d+)/health", {"GET": _health}),
    Resource(r"hosts/(\d+)/refetch", {"POST": _refetch}),
    Resource(r"hosts/(\d+)/query", {"POST": _query}),
    Resource(r"hosts/(\d+)/labels", {"POST": _label}),
)
