"""The live stream's pulse: one poller a process notices that the timeline has moved, or that an agent of a machine
that somebody looks at has reported; every open stream waits on it.
"""

from collections import Counter
from threading import Condition, Event, Thread

import structlog

from gough.domain.errors import GoughError
from gough.persistence.database import Database
from gough.services import heartbeats, timeline

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
        self._watched: Counter[str] = Counter()
        self._beats: dict[str, int] = {}
        self._closed = Event()
        self._poller: Thread | None = None

    @property
    def is_closed(self) -> bool:
        return self._closed.is_set()

    def enter(self, whose: str, machine_id: str = "") -> bool:
        """Take a place. False when all, or all of theirs, are taken, or the server goes down; else `leave` once.

        `machine_id`: the machine whose heartbeats are wanted too.
        """
        with self._moved:
            if self._listeners.total() >= STREAM_LIMIT or self._listeners[whose] >= STREAMS_OF_ONE or self.is_closed:
                return False
            self._listeners[whose] += 1
            self._watched.update([machine_id] if machine_id else [])
            if self._poller is None:
                self._poller = Thread(target=self._poll, name="live-feed", daemon=True)
                self._poller.start()
            return True

    def leave(self, whose: str, machine_id: str = "") -> None:
        with self._moved:
            self._listeners -= Counter([whose])
            self._watched -= Counter([machine_id] if machine_id else [])
            if machine_id not in self._watched:
                self._beats.pop(machine_id, None)

    def wait(self, after: int, seconds: float, machine_id: str = "", beats: int = 0) -> bool:
        """Whether the stream moved past `after`, or more than `beats` have come from the machine, within so long.

        Returns early when the server goes down.
        """

        def has_moved() -> bool:
            return self._position > after or self._beats.get(machine_id, 0) > beats

        with self._moved:
            self._moved.wait_for(lambda: has_moved() or self.is_closed, timeout=seconds)
            return has_moved()

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
            with self._moved:
                watched = list(self._watched)
            try:
                with self._database.read() as session:
                    position = timeline.stream_position(session)
                    beats = heartbeats.counted(session, watched)
            except GoughError as error:
                log.warning("live feed waits", error=str(error))
                continue
            with self._moved:
                if not self._listeners:
                    self._poller = None
                    return
                if position != self._position or beats != self._beats:
                    self._position, self._beats = position, beats
                    self._moved.notify_all()
