"""Celery over Redis: the queue's two ends, and a bell that rings in other processes.

Messages carry a job's id and nothing else. They are acknowledged late, so that a killed worker's message comes back;
the visibility timeout is far above the longest step, so that a slow one's does not. Redis gives a worker the urgent
ones first. https://docs.celeryq.dev
"""

import time
from collections.abc import Callable, Mapping, Sequence
from threading import Event, Thread
from typing import Any

import redis
import structlog
from celery import Celery
from celery.bootsteps import StartStopStep
from kombu.exceptions import OperationalError

from gough.domain.errors import GoughError, Unavailable
from gough.domain.priorities import Priority
from gough.jobs.credit import Credit, at_work, held
from gough.jobs.dispatcher import Due
from gough.jobs.leases import Mover
from gough.jobs.pulse import EVERY
from gough.jobs.routing import QUEUES
from gough.services.waking import Bell
from gough.services.workflow.queues import DEFAULT

log = structlog.get_logger()

MOVE = "gough.move"
STEPS: Mapping[Priority, int] = {Priority.URGENT: 0, Priority.HIGH: 3, Priority.NORMAL: 6, Priority.LOW: 9}
"""As kombu counts them over Redis: the smaller is taken first."""
VISIBILITY_SECONDS = 6 * 3600  # the longest step is a playbook
WAKE = "gough:wake"
PATIENCE = 2.0  # seconds for Redis to answer
QUIET_AFTER_FAILURE = 5.0


def queue(redis_url: str) -> Celery:
    """The application as senders and workers share it."""
    app = Celery("gough", broker=redis_url, set_as_current=False)
    app.conf.update(
        accept_content=["json"], task_serializer="json", task_ignore_result=True, task_default_queue=DEFAULT,
        task_acks_late=True, task_reject_on_worker_lost=True, worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False, worker_send_task_events=False, worker_enable_remote_control=False,
        broker_connection_retry_on_startup=True, broker_connection_max_retries=None,
        broker_transport_options={
            "visibility_timeout": VISIBILITY_SECONDS, "socket_timeout": 30, "socket_connect_timeout": PATIENCE,
        },
    )  # fmt: skip
    return app


class Sender:
    """Puts job ids into the queue of their kind."""

    def __init__(self, redis_url: str) -> None:
        self._app = queue(redis_url)

    def __call__(self, due: Due) -> None:
        """Raises Unavailable when Redis does not take it."""
        try:
            where: dict[str, Any] = {"queue": due.queue, "priority": STEPS[due.priority]}
            self._app.send_task(MOVE, args=(due.job_id,), retry=False, **where)
        except (OperationalError, redis.RedisError, OSError) as error:
            raise _unavailable(error) from error

    def close(self) -> None:
        self._app.close()


def work(
    redis_url: str, mover: Mover, *, threads: int, log_level: str, queues: Sequence[str] = QUEUES,
    beat: Callable[[], None] = lambda: None, every: float = EVERY,
) -> None:  # fmt: skip
    """Be a worker of these queues until the process is told to stop; what is at hand is finished first.

    `beat` is called `every` few seconds by the loop that takes messages.
    """
    app = with_task(queue(redis_url), mover)
    app.steps["consumer"].add(_pulse_step(beat, every))
    mover.start()
    try:
        worker = app.Worker(
            pool="threads", concurrency=threads, queues=list(queues), loglevel=log_level, without_gossip=True,
            without_mingle=True, without_heartbeat=True, quiet=True,
        )  # fmt: skip
        worker.start()
    finally:
        mover.stop()


def _pulse_step(beat: Callable[[], None], every: float) -> type[Any]:
    """By the timer of the worker's own loop: a loop that hangs beats no more. https://docs.celeryq.dev (bootsteps)"""

    class Pulse(StartStopStep):  # type: ignore[misc]
        requires = ("celery.worker.consumer.tasks:Tasks",)

        def start(self, parent: Any) -> None:
            credit = Credit()

            def look() -> None:
                beat()
                credit.check(held(parent), at_work())

            beat()
            self.tick = parent.timer.call_repeatedly(every, look)

        def stop(self, parent: Any) -> None:  # noqa: ARG002  (Celery's own)
            self.tick.cancel()

    return Pulse


def with_task(app: Celery, mover: Mover) -> Celery:
    """What a worker does with a message."""

    @app.task(name=MOVE)  # type: ignore[untyped-decorator]
    def move(job_id: str) -> None:
        try:
            mover.move(job_id)
        except GoughError as error:  # the job is still due, so it is sent again
            log.warning("job not moved", job=job_id, error=str(error))

    return app


class RedisWaker:
    """Rings the bell of this process, and over Redis those of the others. Losing a ring costs a second."""

    def __init__(self, redis_url: str, bell: Bell) -> None:
        self._redis = connect(redis_url)
        self._bell = bell
        self._not_before = 0.0

    def wake(self) -> None:
        self._bell.wake()
        if time.monotonic() < self._not_before:
            return
        try:
            self._redis.publish(WAKE, b"")
        except redis.RedisError as error:
            self._not_before = time.monotonic() + QUIET_AFTER_FAILURE
            log.warning("other processes not woken", error=str(error))

    def close(self) -> None:
        self._redis.close()


class Listener:
    """Rings this process's bell when another one rings."""

    def __init__(self, redis_url: str, bell: Bell) -> None:
        self._redis, self._bell = connect(redis_url), bell
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="wake-listener", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, patience: float = 10.0) -> None:
        self._stopped.set()
        self._thread.join(patience)
        self._redis.close()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._listen()
            except redis.RedisError as error:
                log.warning("not listening for wake-ups", error=str(error))
                self._stopped.wait(QUIET_AFTER_FAILURE)

    def _listen(self) -> None:
        with self._redis.pubsub(ignore_subscribe_messages=True) as heard:
            heard.subscribe(WAKE)
            while not self._stopped.is_set():
                if heard.get_message(timeout=1.0) is not None:
                    self._bell.wake()


def ping(redis_url: str) -> None:
    """Raises Unavailable when Redis does not answer."""
    client = connect(redis_url)
    try:
        client.ping()
    except redis.RedisError as error:
        raise _unavailable(error) from error
    finally:
        client.close()


def connect(redis_url: str) -> Any:
    return redis.Redis.from_url(redis_url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)


def _unavailable(error: Exception) -> Unavailable:
    hint = "Check REDIS_URL and that Redis runs; jobs are kept and go on when it is back."
    return Unavailable("Redis", f"{type(error).__name__}: {error}", hint=hint)
