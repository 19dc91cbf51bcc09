"""Fleet: its servers, hosts and policies."""

from dataclasses import asdict
from typing import Any

from gough.cli import embedded
from gough.persistence.models import FleetServer
from gough.services.fleet_hosts import pack as packs
from gough.services.fleet_hosts import reading
from gough.services.fleet_hosts import servers as services


def servers() -> list[dict[str, Any]]:
    with embedded.use().database.read() as session:
        return [_server(services.standing(session, each)) for each in services.listed(session)]


def add(name: str, url: str, token: str, ca: str) -> dict[str, Any]:
    return _signed_in(services.add(embedded.use(), name, url, token, ca=ca))


def test(name: str) -> dict[str, Any]:
    return _signed_in(services.test(embedded.use(), name))


def remove(name: str) -> None:
    services.remove(embedded.use(), name)


def hosts(*, binding: str, status: str, limit: int) -> list[dict[str, Any]]:
    with embedded.use().database.read() as session:
        found = reading.hosts(session, limit=limit, binding=binding, status=status)
    same = ("hostname", "id", "uuid", "status", "binding", "failing", "os_version", "seen_at")
    return [
        {name: getattr(line.host, name) for name in same}
        | {"machine": line.machine, "server": line.server, "note": line.host.binding_reason}
        for line in found
    ]


def policies() -> list[dict[str, Any]]:
    with embedded.use().database.read() as session:
        found = reading.policies(session)
    return [
        {name: getattr(line.policy, name) for name in ("id", "critical", "name", "pack", "resolution")}
        | {"passing": line.passing, "failing": line.failing, "unknown": line.unknown, "server": line.server}
        for line in found
    ]


def results(policy_id: str, *, verdict: str, limit: int) -> list[dict[str, Any]]:
    with embedded.use().database.read() as session:
        found = reading.results(session, policy_id, verdict=verdict, limit=limit)
    return [
        {"hostname": line.host.hostname, "machine": line.machine, "verdict": line.verdict, "since": line.since}
        for line in found
    ]


def import_pack(name: str, pack: str) -> list[dict[str, Any]]:
    return [asdict(each) for each in packs.import_pack(embedded.use(), name, pack or packs.DEFAULT)]


def _signed_in(found: FleetServer) -> dict[str, Any]:
    return {"name": found.name, "version": found.version, "username": found.username, "health": found.health}


def _server(standing: services.Standing) -> dict[str, Any]:
    found = standing.server
    return {
        "name": found.name, "id": found.id, "url": f"{found.url}{found.url_prefix}", "health": found.health,
        "health_reason": found.health_reason, "hosts": standing.hosts, "online": standing.online,
        "unbound": standing.unbound, "conflicts": standing.conflicts, "version": found.version,
        "username": found.username, "polled_at": found.polled_at,
    }  # fmt: skip
