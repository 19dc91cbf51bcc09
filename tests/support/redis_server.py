"""A real Redis of one's own on loopback, that a test may kill and start again."""

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from time import monotonic

import redis

INSTALL = "apt-get install redis-server"
START_SECONDS = 15.0


def available() -> bool:
    return shutil.which("redis-server") is not None


class RedisServer:
    """Appends every write to a file, so that it comes back with what it had."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        command = [
            "redis-server", "--port", str(self._port), "--bind", "127.0.0.1", "--dir", str(self._folder),
            "--appendonly", "yes", "--save", "", "--daemonize", "no",
        ]  # fmt: skip
        with (self._folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        pause, until = Event(), monotonic() + START_SECONDS
        while not self._answers():
            assert monotonic() < until, (self._folder / "redis.log").read_text()
            pause.wait(0.02)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def empty(self) -> None:
        with self.client() as client:
            client.flushall()

    @contextmanager
    def client(self) -> Iterator[redis.Redis]:
        client = redis.Redis.from_url(self.url)
        try:
            yield client
        finally:
            client.close()

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


@contextmanager
def running() -> Iterator[RedisServer]:
    folder = Path(tempfile.mkdtemp(prefix="gough-redis-"))
    server = RedisServer(folder)
    try:
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)
