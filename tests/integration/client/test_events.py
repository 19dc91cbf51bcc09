"""The live stream, cut and taken up again."""

import json
from collections.abc import Callable
from itertools import islice

import pytest

from gough.client import Client
from gough.domain.errors import NotFound, Unavailable
from tests.integration.client.conftest import Odd, Told, Waits

STREAM = {"Content-Type": "text/event-stream"}


def frames(*positions: int) -> bytes:
    return b"retry: 2000\n\n: still here\n\n" + b"".join(
        b"id: %d\nevent: timeline\ndata: %s\n\n" % (place, json.dumps(event(place)).encode()) for place in positions
    )


def event(place: int) -> dict[str, object]:
    return {
        "id": place, "position": place, "machine_id": "m", "job_id": None, "source": "gough", "kind": "job.started",
        "level": "info", "message": f"number {place}", "actor": "ada", "occurred_at": "2026-01-01T12:00:00.000Z",
        "unheard_of": True,
    }  # fmt: skip


def test_each_event_comes_once_whatever_happens_to_the_connection(
    odd: Odd, impatient: Callable[[], Client], waits: Waits
) -> None:
    odd.answers = [
        Told(body=frames(5, 6), headers=STREAM, cut=True),
        Told(status=503, headers={"Retry-After": "3600"}),
        Told(body=frames(7), headers=STREAM),
        Told(body=frames(8), headers=STREAM),
    ]
    seen = [each.position for each in islice(impatient().events(after=4, machine="node-01"), 4)]
    assert seen == [5, 6, 7, 8]
    assert [headers["last-event-id"] for _, _, headers in odd.asked] == ["4", "6", "6", "7"]
    assert all(path == "/api/v1/events/stream?machine=node-01" for _, path, _ in odd.asked)
    assert waits == [1.0, 2.0, 1.0]


def test_what_is_refused_at_the_beginning_is_said(odd: Odd, impatient: Callable[[], Client]) -> None:
    odd.answers = [Told(status=404)]
    with pytest.raises(NotFound):
        next(impatient().events(machine="nothing"))
    odd.answers = [Told(status=503, headers={"Retry-After": "3600"})]
    with pytest.raises(Unavailable):
        next(impatient().events())


def test_without_a_position_it_begins_with_what_happens_now(odd: Odd, impatient: Callable[[], Client]) -> None:
    odd.answers = [Told(body=frames(9), headers=STREAM)]
    assert next(impatient().events()).message == "number 9"
    assert "last-event-id" not in odd.asked[0][2]
