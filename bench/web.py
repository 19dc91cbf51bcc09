"""A small JSON route on Gough's own server, against the smallest WSGI application on the same server."""

import sys
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench import load, server
from bench.figure import Effort, Figure
from bench.load import Served

REQUESTS, PATH = 10_000, "/healthz"
AGAINST = "plain WSGI on granian, same settings"


def measure(effort: Effort) -> list[Figure]:
    with TemporaryDirectory(prefix="gough-bench-") as name:
        with server.gough(Path(name)) as (pid, port):
            ours, ours_wrk = _rounds(pid, port, effort)
        port = server.free_port()
        with _plain(Path(name), port) as pid:
            bare, bare_wrk = _rounds(pid, port, effort)
    note = f"{load.CONNECTIONS} connections, Python clients on the same computer"
    figures = [
        Figure(f"GET {PATH}", ours.per_second, "requests/s", bare.per_second, AGAINST, note),
        Figure(f"GET {PATH}, server", ours.cpu_microseconds, "µs CPU", bare.cpu_microseconds, AGAINST, "a request"),
    ]
    if ours_wrk is not None:
        figures.append(Figure(f"GET {PATH}, wrk", ours_wrk, "requests/s", bare_wrk, AGAINST, "16 connections"))
    return figures


def _rounds(pid: int, port: int, effort: Effort) -> tuple[Served, float | None]:
    once = partial(load.serve_many, port, PATH, effort.count(REQUESTS), partial(server.cpu_seconds, pid))
    once()
    served = [once() for _ in range(effort.rounds)]
    middle = Served(median(s.per_second for s in served), median(s.cpu_microseconds for s in served))
    return middle, load.wrk_per_second(port, PATH, 2 if effort.quick else 10)


def _plain(folder: Path, port: int) -> AbstractContextManager[int]:
    return server.running((sys.executable, "-m", "bench.plain_server", str(port)), port, folder, {})
