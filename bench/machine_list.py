"""The machine list at 10,000 machines: the page people open most, against the driver reading the same rows."""

from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any

from bench import databases, seeding
from bench.figure import Effort, Figure, in_turn
from bench.http_list import http_figures
from bench.raw import Raw
from gough.persistence.database import Database
from gough.services.machine_list import MachineQuery, listed

MACHINES, PAGE, WORD = 10_000, 100, "rack-249"
COLUMNS = (
    "id, system_id, hostname, status, power_state, service, service_since, status_since, reason, next_action, zone, "
    "pool, owner, locked, architecture, cpu_count, memory_mib, ip_addresses, tags, site, rack, rack_unit, region_id"
)
FIRST = f"SELECT {COLUMNS} FROM machines WHERE vanished_at IS NULL ORDER BY hostname, id LIMIT {PAGE}"
FOUND = f"SELECT {COLUMNS} FROM machines WHERE vanished_at IS NULL AND search LIKE ? ORDER BY hostname, id LIMIT {PAGE}"


def measure(effort: Effort) -> list[Figure]:
    figures = []
    for kind, url, folder in databases.each():
        with databases.wired(url, folder) as application:
            seeding.machines(application.use.database, MACHINES)
            raw = Raw(url)
            figures += _service(kind, application.use.database, raw, effort)
            raw.close()
        if kind == "SQLite":
            figures += http_figures(url, folder, page=PAGE, effort=effort)
    return figures


def _service(kind: str, database: Database, raw: Raw, effort: Effort) -> list[Figure]:
    cases: tuple[tuple[str, Callable[[], Any], Callable[[], Any]], ...] = (
        ("first page of 100", partial(_listed, database, MachineQuery(limit=PAGE)), partial(raw.rows, FIRST)),
        (
            f"text search, {len(_listed(database, MachineQuery(WORD, limit=PAGE)))} found",
            partial(_listed, database, MachineQuery(WORD, limit=PAGE)),
            partial(raw.rows, FOUND, (f"%{WORD}%",)),
        ),
    )
    note = f"{MACHINES:,} machines, {kind}"
    figures = []
    for name, ours, bare in cases:
        value, baseline = in_turn(effort.rounds * 2, partial(_milliseconds, ours), partial(_milliseconds, bare))
        figures.append(Figure(name, value, "ms", baseline, "driver, same rows", note))
    return figures


def _listed(database: Database, query: MachineQuery) -> list[dict[str, Any]]:
    with database.read() as session:
        return listed(session, query)


def _milliseconds(act: Callable[[], Any], repeat: int = 10) -> float:
    begun = perf_counter()
    for _ in range(repeat):
        act()
    return (perf_counter() - begun) / repeat * 1000
