"""A small JSON route on Gough's own server, against the smallest WSGI application on the same server."""

import sys
from contextlib import AbstractContextManager, ExitStack
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
    with TemporaryDirectory(prefix="gough-bench-") as name, ExitStack() as stack:
        ours = stack.enter_context(server.gough(Path(name)))
        port = server.free_port()
        bare = stack.enter_context(_plain(Path(name), port)), port
        rounds = [[_serve(*one, effort) for one in (ours, bare)] for _ in range(effort.rounds + 1)][1:]
        seconds = 2 if effort.quick else 10
        by_wrk = [load.wrk_per_second(one[1], PATH, seconds) for one in (ours, bare)]
    rates = [median(served.per_second for served in column) for column in zip(*rounds, strict=True)]
    costs = [median(served.cpu_microseconds for served in column) for column in zip(*rounds, strict=True)]
    note = f"{load.CONNECTIONS} connections, Python clients on the same computer"
    figures = [
        Figure(f"GET {PATH}", rates[0], "requests/s", rates[1], AGAINST, note),
        Figure(f"GET {PATH}, server", costs[0], "µs CPU", costs[1], AGAINST, "a request"),
    ]
    if by_wrk[0] is not None:
        figures.append(Figure(f"GET {PATH}, wrk", by_wrk[0], "requests/s", by_wrk[1], AGAINST, "16 connections"))
    return figures


def _serve(pid: int, port: int, effort: Effort) -> Served:
    return load.serve_many(port, PATH, effort.count(REQUESTS), partial(server.cpu_seconds, pid))


def _plain(folder: Path, port: int) -> AbstractContextManager[int]:
    return server.running((sys.executable, "-m", "bench.plain_server", str(port)), port, folder, {})
