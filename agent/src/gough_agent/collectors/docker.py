"""Docker's containers, asked over its socket. https://docs.docker.com/reference/api/engine/version/v1.41/

Whoever may use that socket owns the machine, so the agent has no access unless it is given: see docs/agent.md.
"""

import http.client
import json
import socket
from typing import Any
from urllib.parse import quote

from gough_agent import host
from gough_agent.collector import MINUTE, Sample, collector

SECONDS = 3.0
MAX_BYTES = 1024 * 1024
MAX_NAMES = 20
UNKNOWN: Sample = {
    "present": False, "readable": False, "version": None, "running": None, "paused": None, "stopped": None,
    "unhealthy": [], "restarting": [],
}  # fmt: skip


@collector("docker", every=MINUTE, may_hang=True)
def collect() -> Sample:
    """`present`: there is a socket; `readable`: this user may ask it. Otherwise the rest is null."""
    path = host.path(host.setting("GOUGH_DOCKER_SOCKET", "/run/docker.sock"))
    if not path.is_socket():
        return UNKNOWN
    connection = _Connection(str(path))
    try:
        about = _get(connection, "/info")
        return {
            "present": True,
            "readable": True,
            "version": about.get("ServerVersion"),
            "running": about.get("ContainersRunning"),
            "paused": about.get("ContainersPaused"),
            "stopped": about.get("ContainersStopped"),
            "unhealthy": _names(connection, health="unhealthy"),
            "restarting": _names(connection, status="restarting"),
        }
    except PermissionError:
        return {**UNKNOWN, "present": True}
    finally:
        connection.close()


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("docker", timeout=SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(SECONDS)
        self.sock.connect(self._path)


def _names(connection: _Connection, **wanted: str) -> list[str]:
    filters = json.dumps({name: [value] for name, value in wanted.items()})
    found = _get(connection, f"/containers/json?all=true&limit={MAX_NAMES}&filters={quote(filters)}")
    return sorted(str(one["Names"][0]).lstrip("/") for one in found)


def _get(connection: _Connection, path: str) -> Any:
    connection.request("GET", path)
    answer = connection.getresponse()
    content = answer.read(MAX_BYTES)
    if answer.status != 200:
        raise OSError(f"Docker answered {answer.status} to {path.partition('?')[0]}")
    return json.loads(content)
