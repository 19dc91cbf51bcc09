"""Two processes that answer side by side on PostgreSQL: one may die, and what one ends is over in the other."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from time import monotonic

import httpx
import psutil
import pytest

from gough.lab.server_process import ServerProcess, free_port
from tests.support.postgres import Postgres
from tests.support.site import ENVIRONMENT

PATIENCE = 20.0  # seconds

pytestmark = pytest.mark.postgres


@pytest.fixture
def server(tmp_path: Path, postgres_server: Postgres) -> Iterator[ServerProcess]:
    port = free_port(0)
    made = ServerProcess(
        tmp_path,
        {
            **ENVIRONMENT, "GOUGH_DATA_DIR": str(tmp_path), "GOUGH_PORT": str(port), "GOUGH_ALLOW_HTTP": "true",
            "GOUGH_PUBLIC_URL": f"http://127.0.0.1:{port}", "GOUGH_WEB_PROCESSES": "2",
            "DATABASE_URL": (url := postgres_server.new_database(migrated=True)),
        },
    )  # fmt: skip
    made.start()
    yield made
    made.stop()
    postgres_server.drop(url)


def answering(server: ServerProcess) -> set[int]:
    """The processes that accept connections."""
    port = int(server.url.rpartition(":")[2])
    listening = (each for each in psutil.net_connections("tcp") if each.status == psutil.CONN_LISTEN)
    return {each.pid for each in listening if tuple(each.laddr)[1:2] == (port,) and each.pid}


def eventually(condition: Callable[[], bool], what: str) -> None:
    end, pause = monotonic() + PATIENCE, Event()
    while not condition():
        assert monotonic() < end, what
        pause.wait(0.05)


def test_one_dies_and_another_takes_its_place_while_the_other_answers(server: ServerProcess) -> None:
    eventually(lambda: len(answering(server)) == 2, "two processes answer")
    psutil.Process(victim := min(answering(server))).kill()
    eventually(lambda: victim not in answering(server), "it died")
    for _ in range(20):
        assert httpx.get(f"{server.url}/healthz", timeout=PATIENCE).status_code == 200
    eventually(lambda: len(answering(server)) == 2, "no other has taken its place")
