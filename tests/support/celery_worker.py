"""A real Celery worker on a real Redis, in threads of the test's process: what is due goes through both and back."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from celery.contrib.testing.worker import start_worker

from gough.jobs.celery_queue import Sender, queue, with_task
from gough.jobs.dispatcher import dispatch_due
from gough.jobs.leases import Mover
from gough.jobs.routing import QUEUES
from gough.services.context import Use
from tests.support.redis_server import RedisServer

PATIENCE = 20.0  # seconds for a message to come back as a job that was moved


class Turns(Mover):
    """Moves jobs of whichever site is being tested, once they have all been sent; counts the messages that came."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._mover: Mover | None = None
        self.came = self.moved = 0

    def move(self, job_id: str | None = None, *, queue: str | None = None) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._mover is not None, PATIENCE)
            mover = self._mover
        assert mover is not None, "a message came that nobody waits for"
        moved = False
        try:
            moved = mover.move(job_id)
        finally:
            with self._changed:
                self.came += 1
                self.moved += moved
                self._changed.notify_all()
        return moved

    def wait_for(self, mover: Mover, messages: int) -> int:
        """Let so many messages be worked on; how many jobs that moved."""
        with self._changed:
            self.came = self.moved = 0
            self._mover = mover
            self._changed.notify_all()
            there = self._changed.wait_for(lambda: self.came >= messages, PATIENCE)
            self._mover = None
            assert there, f"{messages} messages were sent, {self.came} came"
            return self.moved


class CeleryWorker:
    """`run_due` does what `Executor.run_due` does."""

    def __init__(self, redis: RedisServer, turns: Turns) -> None:
        self._turns = turns
        self.send = Sender(redis.url)

    def run_due(self, use: Use) -> int:
        """Dispatch what is due and have it moved, until nothing is; how many jobs that moved."""
        mover, moved = Mover(use), 0
        while sent := dispatch_due(use, self.send):
            moved += self._turns.wait_for(mover, sent)
        return moved


@contextmanager
def working(redis: RedisServer) -> Iterator[CeleryWorker]:
    turns = Turns()
    app = with_task(queue(redis.url), turns)
    made = CeleryWorker(redis, turns)
    with start_worker(app, pool="threads", concurrency=2, perform_ping_check=False, queues=list(QUEUES)):
        yield made
    made.send.close()
