"""The newest heartbeat as Prometheus text, on this machine's loopback, where somebody asked for it.

A few lines over a socket: the standard library's HTTP server would cost a megabyte.
"""

import socket
import threading
from collections.abc import Iterator, Mapping, Sequence

from gough_agent.collector import Json

PREFIX = "gough"
LABELS = ("name", "mountpoint", "device", "chip", "label", "path")  # which of a list's entries it is
SECONDS = 5.0
MAX_REQUEST_BYTES = 8192


class Metrics:
    """Answers every GET alike, one at a time, in a thread of its own."""

    def __init__(self, host: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, port), family=family, backlog=4)
        self.address: tuple[str, int] = self._listener.getsockname()[:2]
        self._newest: Mapping[str, Json] = {}
        threading.Thread(target=self._serve, name="metrics", daemon=True).start()

    def publish(self, heartbeat: Mapping[str, Json]) -> None:
        self._newest = heartbeat

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
                with connection:
                    connection.settimeout(SECONDS)
                    _read_request(connection)
                    connection.sendall(_answer(text(self._newest).encode()))
            except OSError:
                continue  # whoever asked has gone away


def text(heartbeat: Mapping[str, Json]) -> str:
    """Every number and yes or no of the samples: gough_COLLECTOR_FIELD; entries of a list are told by their labels."""
    grouped: dict[str, list[str]] = {}
    for name, labels, value in _metrics(heartbeat):
        grouped.setdefault(name, []).append(f"{name}{_braced(labels)} {value:.15g}")
    return "".join(f"# TYPE {name} untyped\n" + "\n".join(lines) + "\n" for name, lines in grouped.items())


def _metrics(heartbeat: Mapping[str, Json]) -> Iterator[tuple[str, dict[str, str], float]]:
    for part in ("samples", "collectors"):
        for name, sample in _mapping(heartbeat.get(part)).items():
            if part == "samples":
                yield from _flat(f"{PREFIX}_{name}", _mapping(sample), {})
            else:
                about = _mapping(sample)
                yield f"{PREFIX}_collector_failed", {"name": name}, float(about.get("error") is not None)
                yield from _flat(f"{PREFIX}_collector", {"seconds": about.get("seconds")}, {"name": name})


def _flat(
    prefix: str, sample: Mapping[str, Json], labels: dict[str, str]
) -> Iterator[tuple[str, dict[str, str], float]]:
    for field, value in sample.items():
        if isinstance(value, int | float):
            yield f"{prefix}_{field}", labels, float(value)
        elif isinstance(value, Sequence) and not isinstance(value, str):
            for entry in value:
                if isinstance(entry, Mapping):
                    named = {key: str(entry[key]) for key in LABELS if entry.get(key)}
                    yield from _flat(f"{prefix}_{field}", entry, named)


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _braced(labels: Mapping[str, str]) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}" if labels else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _read_request(connection: socket.socket) -> None:
    request = b""
    while b"\r\n\r\n" not in request and len(request) < MAX_REQUEST_BYTES:
        piece = connection.recv(MAX_REQUEST_BYTES)
        if not piece:
            return
        request += piece


def _answer(body: bytes) -> bytes:
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
