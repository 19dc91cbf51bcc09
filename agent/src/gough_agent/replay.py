"""Brings what was spooled to the server: a batch at a time, or one by one to a server that knows no batches."""

from collections.abc import Sequence
from typing import Any

from gough_agent.errors import Refused
from gough_agent.spool import Record, Spool
from gough_agent.transport import Transport

NO_BATCHES = frozenset({404, 405})


class Replay:
    """What the server answers for is done with: recorded now, recorded before, or refused for good."""

    def __init__(self, spool: Spool, transport: Transport) -> None:
        self._spool, self._transport = spool, transport
        self._server_takes_batches = True
        self._one_by_one: set[int] = set()  # of a batch that was refused as a whole

    def step(self, path: str, key: str) -> dict[str, Any]:
        """Deliver the next of it; the server's answer. Raises Refused or Unreachable; nothing is lost by either."""
        records = self._spool.oldest()
        if self._server_takes_batches and records[0].sequence not in self._one_by_one:
            try:
                return self._batch(path, key, records)
            except Refused as refusal:
                if refusal.status not in NO_BATCHES and not refusal.final_for_message:
                    raise
                self._server_takes_batches = refusal.status not in NO_BATCHES
                self._one_by_one = {record.sequence for record in records}
        return self.single(path, key, records[0])

    def single(self, path: str, key: str, record: Record) -> dict[str, Any]:
        """As `step`, of this one."""
        try:
            answer = self._transport.post(f"{path}/heartbeat", record.message, key)
        except Refused as refusal:
            if refusal.final_for_message:
                self._spool.done({record.sequence})
            raise
        self._spool.done({record.sequence})
        return answer

    def _batch(self, path: str, key: str, records: Sequence[Record]) -> dict[str, Any]:
        message = b'{"heartbeats":[' + b",".join(record.message for record in records) + b"]}"
        answer = self._transport.post(f"{path}/heartbeats", message, key)
        sent = {record.sequence for record in records}
        told = {result.get("sequence") for result in answer.get("results", ()) if isinstance(result, dict)}
        self._spool.done(sent & told)
        if not sent & told:  # it would be sent again for ever
            self._one_by_one = sent
        return answer
