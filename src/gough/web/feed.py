"""The live stream's pulse: one poller a process notices that the timeline has moved; every open stream waits on it."""

from collections import Counter
from threading import Condition, Event, Thread

import structlog

from gough.domain.errors import GoughError
from gough.persistence.database import Database
from gough.services import timeline

log = structlog.get_logger()

POLL_SECONDS = 0.3
STREAM_LIMIT = 64  # each holds a thread while it waits
STREAMS_OF_ONE = 16  # caller: as many open pages as anybody looks at


class Feed:
    """Counts streams, and tells them when there is something to read. The poller runs while anybody listens."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._moved = Condition()
        self._position = 0
        self._listeners: Counter[str] = Counter()
        self._closed = Event()
        self._poller: Thread | None = None

    @property
    def is_closed(self) -> bool:
        return self._closed.is_set()

    def enter(self, whose: str) -> bool:
        """Take a place. False when all, or all of theirs, are taken, or the server goes down; else `leave` once."""
        with self._moved:
            if self._listeners.total() >= STREAM_LIMIT or self._listeners[whose] >= STREAMS_OF_ONE or self.is_closed:
                return False
            self._listeners[whose] += 1
            if self._poller is None:
                self._poller = Thread(target=self._poll, name="live-feed", daemon=True)
                self._poller.start()
            return True

    def leave(self, whose: str) -> None:
        with self._moved:
            self._listeners[whose] -= 1
            if not self._listeners[whose]:
                del self._listeners[whose]

    def wait(self, after: int, seconds: float) -> bool:
        """Whether the stream moved past `after` within so long. Returns early when the server goes down."""
        with self._moved:
            self._moved.wait_for(lambda: self._position > after or self.is_closed, timeout=seconds)
            return self._position > after

    def close(self) -> None:
        """End every stream."""
        self._closed.set()
        with self._moved:
            self._moved.notify_all()
            poller = self._poller
        if poller is not None:
            poller.join(POLL_SECONDS * 10)

    def _poll(self) -> None:
        while not self._closed.wait(POLL_SECONDS):
            try:
                with self._database.read() as session:
                    position = timeline.stream_position(session)
            except GoughError as error:
                log.warning("live feed waits", error=str(error))
                continue
            with self._moved:
                if not self._listeners:
                    self._poller = None
                    return
                if position != self._position:
                    self._position = position
                    self._moved.notify_all()
