"""What somebody who is signed in waits for: a small answer, a list, page after page of a long one."""

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

import orjson

from bench import databases, load, seeding, server
from bench.bare_py4web import PATH as BARE
from bench.figure import Effort, Figure, in_turn
from bench.http_list import COOKIE, signed_in
from bench.load import Served
from bench.machine_list import COLUMNS
from bench.raw import Raw
from gough.web import wsgi
from gough.web.guard import Guard
from gough.web.server import settle_memory

REQUESTS, MACHINES, SHORT = 6_000, 10_000, 50
ME = "/api/v1/auth/me"
LONG = "/api/v1/machines?status=deployed&tag=compute&limit=200"
SHARE, TIMES, PAGE_MS = 0.6, 4.0, 10.0
AGGREGATED = (
    f"SELECT json_agg(row_to_json(page))::text FROM (SELECT {COLUMNS} FROM machines WHERE vanished_at IS NULL "
    f"ORDER BY hostname, id LIMIT {SHORT}) page"
)


def measure(effort: Effort) -> list[Figure]:
    figures = _small(effort)
    for kind, url, folder in databases.each():
        if kind == "PostgreSQL":
            figures += _lists(url, folder, effort)
    return figures


def _small(effort: Effort) -> list[Figure]:
    with TemporaryDirectory(prefix="gough-bench-") as name:
        folder = Path(name)
        url = f"sqlite:///{folder}/gough.db"
        with databases.wired(url, folder) as application:
            cookie = f"{COOKIE}={signed_in(application.use)}"
        port = server.free_port()
        command = (sys.executable, "-m", "bench.bare_py4web", str(port), name)
        with server.gough(folder, url) as ours, server.running(command, port, folder, {}, probe=BARE) as pid:
            asked = [(*ours, ME, cookie), (pid, port, BARE, "")]
            rounds = [[_serve(*one, effort=effort) for one in asked] for _ in range(effort.rounds + 1)][1:]
    columns = list(zip(*rounds, strict=True))
    rates = [median(served.per_second for served in column) for column in columns]
    costs = [median(served.cpu_microseconds for served in column) for column in columns]
    against = "bare py4web route, same server"
    note = f"{load.CONNECTIONS} connections, SQLite"
    return [
        Figure(f"GET {ME}", rates[0], "requests/s", rates[1], against, note, ratio_limit=SHARE),
        Figure(f"GET {ME}, server", costs[0], "µs CPU", costs[1], against, note),
    ]


def _serve(pid: int, port: int, path: str, cookie: str, *, effort: Effort) -> Served:
    count = effort.count(REQUESTS)
    return load.serve_many(port, path, count, partial(server.cpu_seconds, pid), cookie)


def _lists(url: str, folder: Path, effort: Effort) -> list[Figure]:
    with databases.wired(url, folder, GOUGH_RATE_LIMIT="0", GOUGH_PUBLIC_URL="http://localhost") as application:
        seeding.machines(application.use.database, MACHINES)
        cookie = f"{COOKIE}={signed_in(application.use)}"
        guard, raw = wsgi.create(application), Raw(url)
        settle_memory()  # as a server does before it serves
        short = partial(answer, guard, f"/api/v1/machines?limit={SHORT}", cookie)
        listed, aggregated = in_turn(
            effort.rounds * 2, partial(_milliseconds, short), partial(_milliseconds, partial(raw.rows, AGGREGATED))
        )
        raw.close()
        taken = [each for _ in range(effort.rounds) for each in _pages(guard, cookie)]
        guard.site.feed.close()
    note = f"{MACHINES:,} machines, PostgreSQL, within the server"
    walls, costs = ([each[part] for each in taken] for part in (0, 1))
    return [
        Figure(f"{SHORT} machines", listed, "ms", aggregated, "json_agg of the same", note, ratio_limit=TIMES),
        Figure("page of 200, status and tag, p95", _p95(walls), "ms", note=note, limit=PAGE_MS),
        Figure("page of 200, status and tag, p95", _p95(costs), "ms CPU", note=note, limit=PAGE_MS),
    ]


def _pages(guard: Guard, cookie: str) -> Iterator[tuple[float, float]]:
    """(milliseconds, those of this process's CPU) of each page, from the first to the last."""
    cursor = ""
    while cursor is not None:
        begun, used = perf_counter(), process_time()
        body = answer(guard, f"{LONG}&cursor={cursor}", cookie)
        yield (perf_counter() - begun) * 1000, (process_time() - used) * 1000
        cursor = orjson.loads(body)["next_cursor"]


def answer(guard: Guard, address: str, cookie: str) -> bytes:
    """The body of a GET, without a network in between. Raises RuntimeError for all but 200."""
    path, _, query = address.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query, "HTTP_HOST": "localhost",
        "HTTP_COOKIE": cookie, "REMOTE_ADDR": "127.0.0.1", "SERVER_NAME": "localhost", "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": "http", "wsgi.input": None, "wsgi.errors": sys.stderr,
        "SCRIPT_NAME": "",
    }  # fmt: skip
    said: list[str] = []
    body = b"".join(guard(environ, lambda status, *_: said.append(status)))
    if not said[0].startswith("200"):
        raise RuntimeError(f"{address}: {said[0]} {body[:200]!r}")
    return body


def _p95(values: list[float]) -> float:
    return quantiles(values, n=20)[-1]


def _milliseconds(act: Callable[[], Any], repeat: int = 10) -> float:
    begun = perf_counter()
    for _ in range(repeat):
        act()
    return (perf_counter() - begun) / repeat * 1000
