"""Gough is killed at every place where that could hurt; started again, it gets the machine in service all the same.

The places: behind each call that changes MAAS, and behind each commit. A deploy wipes disks: it is counted.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy.orm import Session

from gough.persistence.database import Database
from gough.ports import Provisioner
from gough.services.context import Use
from tests.support.clock import Clock
from tests.support.site import Crash, Site

OUTSIDE = ("allocate", "set_owner_data", "deploy")
COMMITS = 7  # from the claim of the new job to its sleep while the installer works; a test below counts them


class Mortal(Database):
    """A database whose process dies behind its commit number `dies_after`."""

    dies_after = 0
    commits = 0

    @contextmanager
    def write(self) -> Iterator[Session]:
        with super().write() as session:
            yield session
        self.commits += 1
        if self.commits == self.dies_after:
            raise Crash


class Cursed:
    """A provisioner whose process dies behind one call, once."""

    def __init__(self, real: Provisioner, deadly: str) -> None:
        self._real, self._deadly = real, deadly

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._real, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            method(*args, **kwargs)
            raise Crash

        return call if name == self._deadly else method


@pytest.fixture
def mortal(site: Site, clock: Clock) -> Iterator[Mortal]:
    made = Mortal(site.database.engine.url.render_as_string(hide_password=False), clock=clock)
    yield made
    made.close()


def dies_and_is_started_again(site: Site, use: Use) -> None:
    with pytest.raises(Crash):
        site.work(use)
    assert site.work() == 0, "the dead one's lease still holds"
    site.clock.forward(seconds=site.use.settings.lease_seconds)
    site.settle()


def gets_in_service_with_one_deploy(site: Site, system_id: str, job_id: str) -> None:
    site.powered(system_id, "on")
    site.comes_up(system_id)
    site.settle()
    assert site.machine(system_id).service == "in_service" and site.job(job_id).state == "done"
    calls = site.region.calls
    assert (calls["allocate", system_id], calls["deploy", system_id]) == (1, 1)


@pytest.mark.parametrize("call", OUTSIDE)
def test_killed_behind_a_call_to_maas(site: Site, call: str) -> None:
    system_id, job_id = site.requested()
    cursed = site.made_with(site.database, connect=lambda url, key: Cursed(site.connect(url, key), call))
    dies_and_is_started_again(site, cursed)
    gets_in_service_with_one_deploy(site, system_id, job_id)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("number", range(1, COMMITS + 1))
def test_killed_behind_a_commit(site: Site, mortal: Mortal, number: int) -> None:
    system_id, job_id = site.requested()
    mortal.dies_after = number
    if number < COMMITS:
        dies_and_is_started_again(site, site.made_with(mortal))
    else:  # behind its last commit the worker has let go of the job
        with pytest.raises(Crash):
            site.work(site.made_with(mortal))
        site.settle()
    gets_in_service_with_one_deploy(site, system_id, job_id)


def test_the_commits_above_are_all_there_are(site: Site, mortal: Mortal) -> None:
    _, job_id = site.requested()
    claimed = site.made_with(mortal)
    assert site.work(claimed) == 1
    assert site.steps(job_id)["install"] == "running"
    assert mortal.commits - 1 == COMMITS, "the last one looks for another job and finds none"


def test_killed_while_a_deploys_answer_is_on_its_way(site: Site) -> None:
    """MAAS has done it, and the connection breaks instead of an answer: nothing is sent again before looking."""
    system_id, job_id = site.requested()

    class Deaf(Cursed):
        def __getattr__(self, name: str) -> Any:
            method = getattr(self._real, name)
            if name != "deploy":
                return method

            def call(*args: Any, **kwargs: Any) -> Any:
                from gough.domain.errors import Unavailable

                method(*args, **kwargs)
                raise Unavailable("MAAS", "no answer: connection reset")

            return call

    site.work(site.made_with(site.database, connect=lambda url, key: Deaf(site.connect(url, key), "deploy")))
    site.clock.forward(seconds=2)
    site.settle()
    gets_in_service_with_one_deploy(site, system_id, job_id)
