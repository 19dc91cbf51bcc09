"""Where a region may be: an address that leads to this computer or to its cloud is never asked."""

import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from gough.adapters import fleet
from gough.adapters.maas import connect
from gough.adapters.maas.feed import open_feed
from gough.domain.errors import GoughError, Refused

KEY = "consumer:token:secret"


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """Nobody may so much as connect."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.settimeout(0)
        yield server
        with pytest.raises(BlockingIOError):
            server.accept()


def by_rest(url: str) -> None:
    client = connect(url, KEY, loopback=False)
    try:
        client.version()
    finally:
        client.close()


def by_feed(url: str) -> None:
    open_feed(url, "gough", "password of gough", loopback=False)


def of_fleet(url: str) -> None:
    client = fleet.connect(url.removesuffix("/MAAS/"), "token of gough", loopback=False)
    try:
        client.version()
    finally:
        client.close()


@pytest.mark.parametrize("ask", [by_rest, by_feed, of_fleet])
@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "127.1", "2130706433", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254",
     "[fe80::1]", "100.100.100.200", "[fd00:ec2::254]", "224.0.0.1"],
)  # fmt: skip
def test_it_is_not_asked(ask: Callable[[str], None], host: str, listening: socket.socket) -> None:
    with pytest.raises(Refused) as caught:
        ask(f"http://{host}:{listening.getsockname()[1]}/MAAS/")
    assert "does not ask" in str(caught.value) and "GOUGH_MAAS_ON_LOOPBACK" in caught.value.hint


@contextmanager
def answered(monkeypatch: pytest.MonkeyPatch, *answers: str) -> Iterator[list[str]]:
    """A name server that says something else each time."""
    asked: list[str] = []

    def look_up(host: str, port: int | None, *_: Any, **__: Any) -> list[tuple[Any, ...]]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answers[min(len(asked), len(answers)) - 1], port))]

    with monkeypatch.context() as changed:
        changed.setattr(socket, "getaddrinfo", look_up)
        yield asked


def test_a_name_server_cannot_change_its_mind(monkeypatch: pytest.MonkeyPatch, listening: socket.socket) -> None:
    """The connection goes to the address that was checked (nobody is there), not to a second answer."""
    connected: list[Any] = []

    def refuse(address: Any, *_: Any, **__: Any) -> socket.socket:
        connected.append(address[0])
        raise ConnectionRefusedError("nobody there")

    with answered(monkeypatch, "192.0.2.9", "127.0.0.1") as asked:
        monkeypatch.setattr(socket, "create_connection", refuse)
        with pytest.raises(GoughError):
            by_feed(f"http://maas.example:{listening.getsockname()[1]}/MAAS/")
    assert connected == ["192.0.2.9"] and asked == ["maas.example"]
