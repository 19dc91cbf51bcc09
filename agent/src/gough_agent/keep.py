"""What could not be delivered: kept on the disk, and brought to the server when it is back."""

from typing import Any

from gough_agent.collector import Json
from gough_agent.enrolment import Identity
from gough_agent.errors import Refused, Unreachable
from gough_agent.log import Log
from gough_agent.replay import Replay
from gough_agent.spool import Record, Spool
from gough_agent.state import Store
from gough_agent.transport import Transport


class Keep:
    """A disk that fails or is full costs what should have been kept, never the agent; how many is counted."""

    def __init__(self, store: Store, transport: Transport, max_bytes: int, log: Log) -> None:
        self._store, self._log = store, log
        self._spool = Spool(store.folder("spool"), max_bytes)
        self._replay = Replay(self._spool, transport)
        self._newest: Record | None = None  # of those that wait
        self._not_kept = 0  # since the start: the disk takes nothing then, this number neither

    @property
    def waiting(self) -> int:
        return self._spool.waiting

    def status(self) -> dict[str, Json]:
        """`dropped` has been counted since the agent was installed."""
        dropped = self._store.state.heartbeats_dropped + self._not_kept
        return {"waiting": self._spool.waiting, "bytes": self._spool.size, "dropped": dropped}

    def add(self, sequence: int, message: bytes) -> None:
        try:
            dropped = self._spool.append(sequence, message)
        except OSError as error:
            self._not_kept += 1
            self._log.once(f"a heartbeat could not be kept for later: {error.strerror}")
            return
        self._newest = Record(sequence, message)
        if dropped:
            self._store.update(heartbeats_dropped=self._store.state.heartbeats_dropped + dropped)
            self._log.once("the spool is full: the oldest heartbeats are dropped; GOUGH_SPOOL_MIB sets its size")

    def replay(self, identity: Identity, *, after_silence: bool) -> dict[str, Any]:
        """The server's answer to the next batch. Raises Refused or Unreachable.

        After a silence the newest goes first: the server is to hear how the machine is before how it was.
        """
        if after_silence and self._newest is not None:
            newest, self._newest = self._newest, None
            try:
                return self._replay.single(identity.path, identity.key, newest)
            except (Refused, Unreachable) as problem:
                if not (isinstance(problem, Refused) and problem.final_for_message):
                    self._newest = newest
                raise
        return self._replay.step(identity.path, identity.key)

    def clear(self) -> None:
        self._newest = None
        self._spool.clear()

    def close(self) -> None:
        self._spool.close()
