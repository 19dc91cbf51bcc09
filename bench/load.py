"""Load for an HTTP server on loopback: a few processes, one kept-alive connection each, a bounded count."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from time import perf_counter

CONNECTIONS = 4
CLIENT = """
import sys
from http.client import HTTPConnection
port, path, count, cookie = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
connection = HTTPConnection("127.0.0.1", port, timeout=30)
headers = {"Cookie": cookie} if cookie else {}
for _ in range(count):
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200, answer.status
"""


@dataclass(frozen=True, slots=True)
class Served:
    per_second: float
    cpu_microseconds: float  # of the server, a request


def serve_many(port: int, path: str, count: int, cpu_seconds: Callable[[], float], cookie: str = "") -> Served:
    """`count` requests in all, through CONNECTIONS connections. Raises CalledProcessError when one is not a 200."""
    each = max(1, count // CONNECTIONS)
    command = [sys.executable, "-S", "-c", CLIENT, str(port), path, str(each), cookie]
    before, begun = cpu_seconds(), perf_counter()
    clients = [subprocess.Popen(command) for _ in range(CONNECTIONS)]
    codes = [client.wait() for client in clients]
    seconds, used = perf_counter() - begun, cpu_seconds() - before
    if any(codes):
        raise subprocess.CalledProcessError(max(codes), command[:2])
    return Served(each * CONNECTIONS / seconds, used / (each * CONNECTIONS) * 1e6)


def wrk_per_second(port: int, path: str, seconds: int) -> float | None:
    """What wrk reaches, where it is installed: its clients cost less than ours, so the server is the limit."""
    if shutil.which("wrk") is None:
        return None
    command = ["wrk", "-t1", f"-c{CONNECTIONS * 4}", f"-d{seconds}s", f"http://127.0.0.1:{port}{path}"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return float(next(line.split()[-1] for line in said.splitlines() if line.startswith("Requests/sec")))


def once(port: int, path: str, headers: Mapping[str, str]) -> float:
    """Milliseconds of one request on a connection of its own."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.connect()
    begun = perf_counter()
    connection.request("GET", path, headers=dict(headers))
    answer = connection.getresponse()
    answer.read()
    taken = (perf_counter() - begun) * 1000
    connection.close()
    assert answer.status == 200, answer.status
    return taken
