"""The same thousand deployments in flight on one Celery worker: Redis and PostgreSQL beside, a beat follows MAAS."""

from contextlib import ExitStack
from functools import partial
from pathlib import Path

from bench import databases
from bench.figure import Effort, Figure
from bench.in_flight import POLL, measured
from bench.server import background
from tests.support import postgres, redis_server


def measure(effort: Effort) -> list[Figure]:
    if not postgres.available() or not redis_server.available():
        return []
    with databases.postgresql() as (url, folder), redis_server.running() as broker:
        return measured(effort, url, folder, "Celery, PostgreSQL and Redis beside", partial(_started, broker.url))


def _started(redis_url: str, stack: ExitStack, folder: Path, url: str) -> dict[str, int]:
    more = {"GOUGH_EXECUTOR": "celery", "REDIS_URL": redis_url, "DATABASE_URL": url, **POLL}
    return {name: stack.enter_context(background(name, folder, **more)) for name in ("worker", "beat")}
