"""The filtered list and the portal's first page at 10,000 machines: how long most take, and how long nearly all."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import Any

from bench import databases, load, seeding, server
from bench.figure import Effort, Figure
from bench.http_list import COOKIE, signed_in
from bench.machine_list import COLUMNS, MACHINES, PAGE
from bench.raw import Raw
from gough.persistence.database import Database
from gough.services.machine_facets import facets
from gough.services.machine_filters import Chosen
from gough.services.machine_list import MachineQuery, Sort, listed

SAMPLES = 100
COMMON, RARE = "compute", "rack-249"
TAGGED = "SELECT machine_id FROM machine_tags WHERE tag = ?"
FILTERED = (
    f"SELECT {COLUMNS} FROM machines WHERE vanished_at IS NULL AND status = 6 AND id IN ({TAGGED}) "
    f"ORDER BY hostname, id LIMIT {PAGE}"
)
SORTED = f"SELECT {COLUMNS} FROM machines WHERE vanished_at IS NULL ORDER BY {{}} LIMIT {PAGE}"
GROUPED = (
    "SELECT status, service, zone, pool, site, count(*) FROM machines WHERE vanished_at IS NULL "
    "GROUP BY status, service, zone, pool, site"
)
Act = Callable[[], Any]


def measure(effort: Effort) -> list[Figure]:
    figures = []
    for kind, url, folder in databases.each():
        with databases.wired(url, folder) as application:
            seeding.machines(application.use.database, MACHINES)
            raw = Raw(url)
            figures += _queries(kind, application.use.database, raw, effort)
            raw.close()
            cookie = f"{COOKIE}={signed_in(application.use)}"
        figures += _pages(kind, url, folder, cookie, effort)
    return figures


def _queries(kind: str, database: Database, raw: Raw, effort: Effort) -> list[Figure]:
    cases: tuple[tuple[str, Act, Act], ...] = (
        ("deployed, a tag of thousands", _list(database, _tagged(COMMON)), partial(raw.rows, FILTERED, (COMMON,))),
        ("deployed, a tag of 40", _list(database, _tagged(RARE)), partial(raw.rows, FILTERED, (RARE,))),
        *(
            (f"by {sort}", _list(database, MachineQuery(sort=sort, limit=PAGE)), partial(raw.rows, SORTED.format(by)))
            for sort, by in (
                (Sort.STATUS_SINCE, "status_since DESC, id DESC"),
                (Sort.SITE, "site, rack, coalesce(rack_unit, 0), id"),
            )
        ),
        ("facets", partial(_facets, database), partial(raw.rows, GROUPED)),
    )
    note = f"{MACHINES:,} machines, {kind}"
    return [figure for name, ours, bare in cases for figure in _both(name, ours, bare, note, effort, "driver")]


def _pages(kind: str, url: str, folder: Path, cookie: str, effort: Effort) -> list[Figure]:
    """Over HTTP, signed in, on loopback, a connection each."""
    with server.gough(folder, url) as (_, port):
        cases = {"portal, first page": "/machines", "portal, filtered": f"/machines?status=deployed&tag={COMMON}"}
        return [
            figure
            for name, path in cases.items()
            for figure in _both(
                name, partial(load.once, port, path, {"Cookie": cookie}), partial(load.once, port, "/healthz", {}),
                f"{MACHINES:,} machines, {kind}", effort, "GET /healthz",
            )
        ]  # fmt: skip


def _both(name: str, ours: Act, bare: Act, note: str, effort: Effort, against: str) -> list[Figure]:
    """p50 and p95, sampled turn by turn with the baseline."""
    ours(), bare()
    pairs = [(_milliseconds(ours), _milliseconds(bare)) for _ in range(effort.count(SAMPLES))]
    mine, theirs = ([pair[side] for pair in pairs] for side in (0, 1))
    return [
        Figure(f"{name}, p{rank}", _percentile(mine, rank), "ms", _percentile(theirs, rank), against, note)
        for rank in (50, 95)
    ]


def _percentile(values: Sequence[float], rank: int) -> float:
    return quantiles(values, n=100, method="inclusive")[rank - 1]


def _milliseconds(act: Act) -> float:
    begun = perf_counter()
    act()
    return (perf_counter() - begun) * 1000


def _tagged(tag: str) -> MachineQuery:
    chosen: Chosen = {"status": ("deployed",), "tag": (tag,)}
    return MachineQuery(chosen=chosen, limit=PAGE)


def _list(database: Database, query: MachineQuery) -> Act:
    def act() -> None:
        with database.read() as session:
            listed(session, query)

    return act


def _facets(database: Database) -> None:
    with database.read() as session:
        facets(session, MachineQuery())
