"""The same suite over both executors: threads that claim what is due, and Celery over a real Redis."""

from collections.abc import Iterator

import pytest

from tests.support import celery_worker, redis_server
from tests.support.celery_worker import CeleryWorker
from tests.support.redis_server import RedisServer
from tests.support.require import need
from tests.support.site import Site


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Celery goes with PostgreSQL, as people run it; with SQLite only what is tested on nothing else."""
    names = {item.nodeid for item in items}
    items[:] = [
        item
        for item in items
        if "[celery-sqlite" not in item.nodeid
        or item.nodeid.replace("[celery-sqlite", "[celery-postgresql") not in names
    ]


@pytest.fixture(scope="session")
def redis() -> Iterator[RedisServer]:
    need(redis_server.available(), "Redis", redis_server.INSTALL)
    with redis_server.running() as server:
        yield server


@pytest.fixture(scope="session")
def celery(redis: RedisServer) -> Iterator[CeleryWorker]:
    with celery_worker.working(redis) as worker:
        yield worker


@pytest.fixture(params=["threads", "celery"])
def site(request: pytest.FixtureRequest, site: Site) -> Site:
    if request.param == "celery":
        site.run_due = request.getfixturevalue("celery").run_due
    return site
