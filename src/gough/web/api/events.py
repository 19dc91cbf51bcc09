"""The live stream: server-sent events, resumed by the position of the last one that was seen."""

from collections.abc import Iterator
from typing import Any

import orjson
import structlog
from pydantic import Field
from sqlalchemy.orm import Session

from gough.domain.errors import Conflict, Invalid, NotFound, Problem
from gough.domain.permissions import Permission
from gough.services import heartbeats, machines, timeline
from gough.services.context import Use
from gough.web.api import shapes
from gough.web.declaration import Media, Query
from gough.web.feed import Feed
from gough.web.message import Answer, Request
from gough.web.operation import operation
from gough.web.problem import Fault

log = structlog.get_logger()

# That a page was left is noticed when something is sent to it: until then it holds one of its owner's places, and
# whoever goes quickly from page to page would find them all taken.
HEARTBEAT_SECONDS = 3.0
HOW = (
    "events named `timeline`, each an Event; where it was asked for, `heartbeat` without an id: the machine's id and "
    "how many it has sent; comments while nothing happens"
)
HEADERS = (
    ("Content-Type", "text/event-stream; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("X-Accel-Buffering", "no"),  # nginx would hold events back
)


STREAM = Media(
    "text/event-stream", HOW,
    example="id: 7\nevent: timeline\ndata: {\"kind\": \"stage-done\", \"message\": \"install done\"}\n\n",
)  # fmt: skip


class StreamQuery(Query):
    """`machine`: only this one's events. `heartbeats`: also when that machine's agent reports."""

    after: int | None = Field(None, ge=0, le=2**62, description="A position; what came later is told first.")
    machine: str = Field("", max_length=255)
    heartbeats: bool = Field(False, description="Also tell when the agent of `machine` has reported.")


@operation(
    "GET /api/v1/events/stream", permission=Permission.VIEW, summary="The timeline as it happens.",
    raises=(NotFound, Conflict), query=StreamQuery, faults=((503, "STREAMS_FULL"),),
    gives={200: STREAM},
)  # fmt: skip
def stream(request: Request, query: StreamQuery) -> Answer:
    """Starts behind `Last-Event-ID` (or ?after=); without either, with what happens from now on."""
    with request.use.database.read() as session:
        now = timeline.stream_position(session)
        after = _resumed(request.header("Last-Event-ID"), now if query.after is None else query.after)
        machine_id = machines.find(session, query.machine).id if query.machine else None
        watched = machine_id if machine_id and query.heartbeats else ""
        beats = heartbeats.counted(session, [watched]).get(watched, 0) if watched else 0
    feed = request.site.feed
    whose = request.by
    if not feed.enter(whose, watched):
        headers = (("Retry-After", "5"),)
        raise Fault(503, "STREAMS_FULL", "All live streams are taken.", hint="Poll instead.", headers=headers)
    return Answer(200, Stream(request.use, feed, after, machine_id, whose, watched, beats), HEADERS)


class Stream:
    """The body of one stream. Ends when the server goes down or the database fails; the client then resumes."""

    def __init__(
        self, use: Use, feed: Feed, after: int, machine_id: str | None, whose: str, watched: str = "", beats: int = 0
    ) -> None:
        self._feed, self._whose, self._watched, self._beats = feed, whose, watched, beats
        self._chunks = self._read(use, after, machine_id)
        self._entered = True

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._chunks)
        except StopIteration:
            self.close()
            raise
        except Exception:
            # A server writes a body's exception into the body; the log is the place for it.
            log.exception("live stream ended")
            self.close()
            raise StopIteration from None

    def close(self) -> None:
        """Give the place back, once, however the stream ended."""
        if self._entered:
            self._entered = False
            self._feed.leave(self._whose, self._watched)

    def __del__(self) -> None:
        self.close()

    def _read(self, use: Use, after: int, machine_id: str | None) -> Iterator[bytes]:
        yield b"retry: 2000\n\n"
        while not self._feed.is_closed:
            if not self._feed.wait(after, HEARTBEAT_SECONDS, self._watched, self._beats):
                yield b": still here\n\n"
                continue
            with use.database.read() as session:
                reached = timeline.stream_position(session)
                events = timeline.stream(session, after=after, machine_id=machine_id)
                chunk = b"".join(_frame(shapes.an_event(event)) for event in events) + self._beat(session)
            full = len(events) == timeline.PAGE
            # Behind a filter, positions pass that are not this machine's; without this it would read in circles.
            after = events[-1].position or after if full else max(after, reached)
            if chunk:
                yield chunk

    def _beat(self, session: Session) -> bytes:
        """It has no id: a stream is resumed by the timeline alone."""
        beats = heartbeats.counted(session, [self._watched]).get(self._watched, 0) if self._watched else 0
        if beats <= self._beats:
            return b""
        self._beats = beats
        told = {"machine_id": self._watched, "count": beats}
        return b"event: heartbeat\ndata: %b\n\n" % orjson.dumps(told)


def _resumed(last: str, otherwise: int) -> int:
    """Raises Invalid for what is no position."""
    if not last:
        return otherwise
    if not (last.isascii() and last.isdecimal() and len(last) < 19):
        problem = Problem("Last-Event-ID", "is not the id of an event of this stream")
        raise Invalid("The stream cannot be resumed.", problems=[problem])
    return int(last)


def _frame(event: dict[str, Any]) -> bytes:
    return b"id: %d\nevent: timeline\ndata: %b\n\n" % (event["position"], orjson.dumps(event))
