"""Following a Fleet server of 1,000 hosts: everything once, then only what changed."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from time import perf_counter, time

import httpx
from sqlalchemy import func, select

from bench import databases
from bench.figure import Effort, Figure
from gough.bootstrap import Application
from gough.lab.fleet import Fleet, Server, serve
from gough.lab.fleet.host import Host
from gough.persistence.models import FleetHost, PolicyResult
from gough.services.fleet_hosts import poll_all, servers
from gough.services.fleet_hosts.pack import read_pack

HOSTS, CHANGED = 1_000, 20
FULL_LIMIT, CHANGE_LIMIT = 10.0, 1.0
HOUR, DAY = 3_600.0, 86_400.0


def measure(effort: Effort) -> list[Figure]:
    return list(_measured(effort.count(HOSTS)))


def _measured(hosts: int) -> Iterator[Figure]:
    with _following(hosts) as (application, fleet, server):
        bare = _bare(fleet, server)
        full = _timed(application)
        results = _results(application)
        note = f"{results:,} verdicts"
        yield Figure(f"every verdict of {hosts:,} hosts", full, "s", bare, "the server's own serving time", note)
        yield Figure("the same, against its limit", full, "s", FULL_LIMIT, "its limit")
        _evaluate(fleet, CHANGED)
        changed = _timed(application)
        yield Figure(f"{CHANGED} hosts were evaluated", changed, "s", CHANGE_LIMIT, "its limit")
        yield Figure("nothing has changed", _timed(application), "s", CHANGE_LIMIT, "its limit")


@contextmanager
def _following(hosts: int) -> Iterator[tuple[Application, Fleet, Server]]:
    fleet = Fleet()
    token = fleet.set_up()
    server = serve(fleet)
    with ExitStack() as stack:
        stack.callback(server.close)
        url, folder = stack.enter_context(databases.sqlite())
        application = stack.enter_context(databases.wired(url, folder))
        _fill(fleet, token, server, hosts)
        servers.add(application.use, "bench", server.url, token)
        yield application, fleet, server


def _fill(fleet: Fleet, token: str, server: Server, hosts: int) -> None:
    """The pack's policies over the API; hosts as records, evaluated in turn over the last hour, as Fleet spreads it."""
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"{server.url}/api/v1/fleet/", headers=headers) as plain:
        for policy in read_pack("ubuntu-24.04").policies:
            body = {"name": policy.title, "query": policy.query, "platform": policy.platform}
            plain.post("global/policies", json=body).raise_for_status()
    core, now = fleet.core, time()
    for number in range(1, hosts + 1):
        past = now - HOUR * number / hosts
        uuid, name = f"00000000-0000-4000-8000-{number:012}", f"node-{number:05}"
        core.hosts[number] = Host(
            number, uuid, f"key-{number}", past, past - DAY, now + DAY, uuid=uuid, hostname=name, serial=f"SN{number}",
            platform="ubuntu", platform_like="debian", os_version="Ubuntu 24.04.2 LTS", details_at=past,
            labels_at=past, policies_at=past, refetch=False,
            verdicts={policy: (policy + number) % 7 != 0 for policy in core.policies},
        )  # fmt: skip


def _bare(fleet: Fleet, server: Server) -> float:
    """Seconds that the same pages take a reader who keeps nothing."""
    token = next(iter(fleet.core.accounts.tokens))
    with httpx.Client(base_url=f"{server.url}/api/v1/fleet/", headers={"Authorization": f"Bearer {token}"}) as plain:
        begun, page = perf_counter(), 0
        while True:
            asked: dict[str, str | int] = {
                "populate_policies": "true",
                "order_key": "id",
                "per_page": 500,
                "page": page,
            }
            if not plain.get("hosts", params=asked, timeout=60).json()["hosts"]:
                return perf_counter() - begun
            page += 1


def _timed(application: Application) -> float:
    begun = perf_counter()
    poll_all(application.use)
    took = perf_counter() - begun
    with application.use.database.read() as session:
        health = servers.find(session, "bench").health
    if health != "ok":
        raise SystemExit(f"The server is {health}.")
    return took


def _results(application: Application) -> int:
    with application.use.database.read() as session:
        hosts = session.scalar(select(func.count()).select_from(FleetHost)) or 0
        results = session.scalar(select(func.count()).select_from(PolicyResult)) or 0
    if not hosts or results % hosts:
        raise SystemExit(f"{results} verdicts of {hosts} hosts: some are missing.")
    return results


def _evaluate(fleet: Fleet, count: int) -> None:
    """These answer otherwise than before, now."""
    with fleet.core.lock:
        for host in list(fleet.core.hosts.values())[:count]:
            host.verdicts = {policy: not passes for policy, passes in host.verdicts.items()}
            host.policies_at = time()
