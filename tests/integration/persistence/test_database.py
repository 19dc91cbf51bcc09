"""Sessions, the shared clock, and types that behave alike on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from threading import Barrier

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError

from gough.domain.errors import Conflict, Unavailable
from gough.domain.stages import JobKind
from gough.persistence.database import Database
from gough.persistence.models import ACTIVE, Job, Machine, Region, Setting
from gough.services import jobs
from gough.services.jobs import Wish
from tests.support.clock import Clock
from tests.support.site import Site

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def region(name: str = "r1", created_at: datetime = NOON) -> Region:
    return Region(id=name, name=name, url="http://maas", api_key_sealed="", created_at=created_at)


def names(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(Region.name).order_by(Region.created_at)))


@pytest.mark.parametrize(
    "moment",
    [NOON, NOON.replace(microsecond=1), datetime(2026, 7, 1, 2, tzinfo=timezone(timedelta(hours=5, minutes=30)))],
)
def test_a_moment_comes_back_as_the_same_moment_in_utc(database: Database, moment: datetime) -> None:
    with database.write() as session:
        session.add(region(created_at=moment))
    with database.read() as session:
        found = session.scalars(select(Region.created_at)).one()
    assert found == moment and found.utcoffset() == timedelta(0)


def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="without a time zone"), database.write() as session:
        session.add(region(created_at=NOON.replace(tzinfo=None)))
        session.flush()


def test_moments_sort_and_compare_as_time_does(database: Database) -> None:
    late = datetime(2026, 1, 1, 14, tzinfo=timezone(timedelta(hours=5)))  # 09:00 UTC
    with database.write() as session:
        session.add_all([region("noon"), region("nine", late), region("soon", NOON + timedelta(microseconds=1))])
    assert names(database) == ["nine", "noon", "soon"]
    with database.read() as session:
        assert set(session.scalars(select(Region.name).where(Region.created_at <= NOON))) == {"noon", "nine"}


def test_writing_commits_once_at_the_end(database: Database) -> None:
    with database.write() as session:
        session.add(region())
        session.flush()
        if not database.is_sqlite:
            assert names(database) == []
    assert names(database) == ["r1"]


def test_an_error_while_writing_rolls_everything_back(database: Database) -> None:
    with pytest.raises(RuntimeError), database.write() as session:
        session.add(region())
        session.flush()
        raise RuntimeError
    assert names(database) == []


def test_reading_never_commits(database: Database) -> None:
    with database.read() as session:
        session.add(region())
        session.flush()
    assert names(database) == []


def test_two_writers_queue(database: Database) -> None:
    """Both read, then write: neither fails half-way, and neither overwrites the other."""
    with database.write() as session:
        session.add(Setting(name="count", value=0))

    def count(_: int) -> None:
        with database.write() as session:
            found = session.get_one(Setting, "count", with_for_update=True)
            found.value = int(found.value) + 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count, range(20)))
    with database.read() as session:
        assert session.get_one(Setting, "count").value == 20


def test_the_databases_clock_is_utc_and_goes_on_within_a_transaction(database_url: str) -> None:
    database = Database(database_url)
    with database.write() as session:
        first = database.now(session)
        while (second := database.now(session)) == first:
            pass
    assert second > first and first.utcoffset() == timedelta(0)
    assert abs(first - datetime.now(UTC)) < timedelta(seconds=5)
    database.close()


def test_a_database_that_does_not_answer_is_unavailable() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(Unavailable, match=r"^database: ") as caught, database.read() as session:
        session.execute(text("SELECT 1"))
    assert caught.value.retryable
    database.close()


def test_of_two_jobs_for_one_machine_asked_at_once_one_is_made_and_the_other_conflicts(
    site: Site, clock: Clock
) -> None:
    system_id, together = site.ready(), Barrier(2, timeout=5)

    def ask(name: str) -> str:
        """On PostgreSQL both have looked before either inserts; on SQLite writers queue from the start."""
        try:
            with site.database.write() as session:
                machine = session.scalars(select(Machine).where(Machine.system_id == system_id)).one()
                if not site.database.is_sqlite:
                    together.wait()
                return jobs.create(site.use, session, machine, Wish(JobKind.TEST, name, {}, "test")).id
        except Conflict as error:
            return f"conflict: {error}"

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(ask, ["ann", "ben"]))
    assert answers[0].startswith("conflict: web-1") and answers[1].startswith("job_")
    with site.database.read() as session:
        assert len(session.scalars(select(Job).where(Job.state.in_(ACTIVE))).all()) == 1
