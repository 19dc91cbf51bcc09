"""Fleet: its servers, hosts and policies."""

from datetime import datetime
from itertools import islice
from typing import Any

from pydantic import BaseModel

from gough.cli.remote.connecting import gough, plain
from gough.domain.errors import Invalid

SERVER = (
    "name", "id", "url", "health", "health_reason", "hosts", "online", "unbound", "conflicts", "version", "username",
    "polled_at",
)  # fmt: skip
SIGNED_IN = ("name", "version", "username", "health")
HOST = ("hostname", "id", "uuid", "status", "binding", "failing", "os_version", "seen_at", "machine", "server")
POLICY = ("id", "critical", "name", "pack", "resolution", "passing", "failing", "unknown", "server")


def servers() -> list[dict[str, Any]]:
    return [_of(each, SERVER) for each in gough().fleet_servers.list()]


def add(name: str, url: str, token: str, ca: str) -> dict[str, Any]:
    return _of(gough().fleet_servers.add(name=name, url=url, token=token, ca=ca), SIGNED_IN)


def test(name: str) -> dict[str, Any]:
    return _of(gough().fleet_servers.test(name), SIGNED_IN)


def remove(name: str) -> None:
    gough().fleet_servers.remove(name)


def hosts(*, binding: str, status: str, limit: int) -> list[dict[str, Any]]:
    found = islice(gough().fleet_hosts.list(binding=binding, status=status), limit)
    return [_of(each, HOST) | {"note": each.binding_reason} for each in found]


def policies() -> list[dict[str, Any]]:
    found = [_of(each, POLICY) for each in gough().policies.list()]
    return sorted(found, key=lambda each: (not each["critical"], each["name"], each["id"]))


def results(policy_id: str, *, verdict: str, limit: int) -> list[dict[str, Any]]:
    found = islice(gough().policies.results(policy_id, verdict=verdict), limit)
    return [
        {
            "hostname": each.hostname, "machine": each.machine, "verdict": each.verdict,
            "since": datetime.fromisoformat(each.since),
        }
        for each in found
    ]  # fmt: skip


def import_pack(name: str, pack: str) -> list[dict[str, Any]]:
    if "/" in pack:
        hint = "Import it there, with `gough` on the server's host; here name a pack that came with Gough."
        raise Invalid(f"{pack} is a folder of this computer, and the server reads its own.", hint=hint)
    done = gough().fleet_servers.import_policies(name, **({"pack": pack} if pack else {}))
    return [plain(each) for each in done.policies]


def _of(shown: BaseModel, names: tuple[str, ...]) -> dict[str, Any]:
    found = plain(shown)
    return {name: found[name] for name in names}
