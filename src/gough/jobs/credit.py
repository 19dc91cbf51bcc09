"""Messages that a worker can never be rid of: their jobs were moved while Redis was away.

A worker takes no more messages than it may hold, and one whose acknowledgement failed counts as held for ever. When
these are all that it may hold it asks for nothing any more, so that it does not notice either that its connection
is gone: a worker that lives, beats and does nothing. Connecting anew is the cure; the messages come back, and moving
a job that is not due does nothing. Seen with Celery 5.7.0, kombu 5.7.0.
"""

from collections.abc import Iterable, Set
from typing import Any

import redis
from celery.worker import state


class Credit:
    """Watches over one connection of a worker; to be asked now and then by the loop that takes messages."""

    def __init__(self) -> None:
        self._suspected: Set[str] = frozenset()

    def check(self, held: Set[str], at_work: Set[str]) -> None:
        """What is held and not worked at, twice in a row, is lost: once, it may be between the two.

        Raises redis.ConnectionError then, which Celery answers by connecting anew.
        """
        lost = held - at_work
        if lost & self._suspected:
            raise redis.ConnectionError(f"{len(lost)} messages could not be acknowledged")
        self._suspected = lost


def held(consumer: Any) -> Set[str]:
    """Delivery tags that count against what Celery's consumer may hold."""
    qos = consumer.task_consumer.channel.qos
    return frozenset(qos._delivered) - frozenset(qos._dirty)  # kombu tells it in no other way


def at_work() -> Set[str]:
    """Delivery tags of the requests that wait for a thread or have one."""
    requests: Iterable[Any] = tuple(state.requests.values())
    return frozenset(request.message.delivery_tag for request in requests)
