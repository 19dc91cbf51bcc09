"""What a region may not do to whoever asks it: flood, drip, send on to somebody else, leave its secrets in memory."""

import json
import tracemalloc
from collections.abc import Callable, Iterator

import httpx
import pytest

from gough.adapters.maas import MaasClient, capped
from gough.adapters.maas.capped import LONGEST_SECONDS
from gough.domain.errors import Refused, Unavailable

KEY = "a-consumer:a-token:a-secret"
Respond = Callable[[httpx.Request], httpx.Response]


class Region:
    """Answers as `respond` says, and knows whom it was asked for; time passes when `now` is changed."""

    def __init__(self, respond: Respond) -> None:
        self.asked: list[str] = []
        self.now = 0.0

        def handle(request: httpx.Request) -> httpx.Response:
            self.asked.append(request.url.host)
            return respond(request)

        self.client = MaasClient(
            "http://maas.test/MAAS/", KEY, transport=httpx.MockTransport(handle), sleep=lambda _: None,
            timer=lambda: self.now,
        )  # fmt: skip


class Pieces(httpx.SyncByteStream):
    """A body in pieces; `before` each one something may happen."""

    def __init__(self, piece: bytes, count: int, before: Callable[[], None] = lambda: None) -> None:
        self._piece, self._count, self._before = piece, count, before
        self.given = 0

    def __iter__(self) -> Iterator[bytes]:
        for _ in range(self._count):
            self._before()
            self.given += 1
            yield self._piece


@pytest.mark.parametrize("status", [200, 401, 500])
def test_a_flood_is_cut_off_early(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    monkeypatch.setattr(capped, "LARGEST", 3000)
    flood = Pieces(b"x" * 1000, 1000)
    region = Region(lambda _: httpx.Response(status, stream=flood))
    with pytest.raises(Refused, match="answers with more than") as refusal:
        region.client.version()
    assert flood.given == 4 and len(region.asked) == 1
    assert "MAAS_URL" in refusal.value.hint


def test_a_drip_ends_and_is_not_asked_for_again_at_once() -> None:
    def second() -> None:
        region.now += 1

    drip = Pieces(b" ", 10_000, second)
    region = Region(lambda _: httpx.Response(200, stream=drip))
    with pytest.raises(Unavailable, match="takes longer than 300 s"):
        region.client.version()
    assert drip.given == LONGEST_SECONDS + 1 and len(region.asked) == 1


def test_a_large_list_that_takes_its_time_is_read() -> None:
    """1,100 machines: 47 MB within a minute."""

    def half_a_second() -> None:
        region.now += 0.5

    blank = Pieces(b" " * 1024 * 1024, 47, half_a_second)
    region = Region(lambda _: httpx.Response(200, stream=_Then(blank, b"[]")))
    assert region.client.find({}) == []


class _Then(httpx.SyncByteStream):
    def __init__(self, first: Pieces, last: bytes) -> None:
        self._first, self._last = first, last

    def __iter__(self) -> Iterator[bytes]:
        yield from self._first
        yield self._last


def test_a_redirect_is_not_followed_and_nobody_else_sees_the_key() -> None:
    elsewhere = {"Location": "http://elsewhere.test/MAAS/api/2.0/version/"}
    region = Region(lambda _: httpx.Response(302, headers=elsewhere))
    with pytest.raises(Unavailable, match="answered 302"):
        region.client.version()
    assert set(region.asked) == {"maas.test"}


def test_a_packed_answer_is_not_unpacked() -> None:
    asked: list[str] = []

    def packed(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers["Accept-Encoding"])
        return httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=Pieces(b"bomb", 1))

    with pytest.raises(Refused, match="its answer is packed"):
        Region(packed).client.version()
    assert asked == ["identity"]


def test_no_bmc_password_becomes_an_object_of_ours() -> None:
    """What Python allocates is counted while the answer is parsed: a planted secret of 4 MB would be seen."""
    planted = "hush " * 800_000
    document = json.dumps({"abc": {"power_pass": planted, "nested": {"deep": [planted]}}, "def": {}}).encode()
    region = Region(lambda _: httpx.Response(200, content=document))
    assert region.client.system_ids() == {"abc", "def"}  # whatever is made once, is made here
    response = httpx.Response(200, content=document)
    tracemalloc.start()
    try:
        found = region.client._http.keys_of(response)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == {"abc", "def"} and peak < len(planted) / 10


@pytest.mark.parametrize("answer", [b'{"abc": "hush"}', b'["hush"]', b'{"abc": {"power_pass": "hush"}', b'"hush"'])
def test_an_answer_of_another_form_is_not_quoted(answer: bytes) -> None:
    region = Region(lambda _: httpx.Response(200, content=answer))
    with pytest.raises(Unavailable, match="not a JSON object of objects") as refusal:
        region.client.system_ids()
    assert "hush" not in str(refusal.value) and refusal.value.__cause__ is None and refusal.value.__context__ is None
