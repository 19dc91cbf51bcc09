"""Redis goes away while a worker is busy: what it did meanwhile can be acknowledged nowhere."""

from contextlib import closing

from gough.domain.priorities import Priority
from gough.jobs.celery_queue import Sender
from gough.jobs.dispatcher import Due
from gough.services.workflow.queues import DEFAULT
from tests.support import busy_worker, redis_server
from tests.support.require import need

PATIENCE = 60.0  # seconds; a hung worker never comes back


def test_a_worker_whose_every_thread_was_busy_takes_messages_again() -> None:
    need(redis_server.available(), "Redis", redis_server.INSTALL)
    with (
        redis_server.running() as redis,
        closing(Sender(redis.url)) as send,
        busy_worker.running(redis.url) as worker,
    ):
        held = {f"held-{n}" for n in range(busy_worker.THREADS)}
        for job_id in held:
            send(Due(job_id, DEFAULT, Priority.NORMAL))
        assert {worker.begun.get(timeout=PATIENCE) for _ in held} == held

        redis.kill()
        worker.let_go()
        for _ in held:
            while "Couldn't ack" not in worker.log.get(timeout=PATIENCE):
                pass
        redis.start()

        send(Due("later", DEFAULT, Priority.NORMAL))
        came = set(iter(lambda: worker.begun.get(timeout=PATIENCE), "later"))
        assert came <= held, "what was not acknowledged may come again, and nothing else"
