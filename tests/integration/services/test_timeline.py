"""The live stream: positions without gaps, given after commit, so that a reader who resumes misses nothing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy.orm import Session

from gough.domain.timeline import Source, TimelineEvent
from gough.persistence.database import Database
from gough.services import timeline
from tests.support.clock import Clock
from tests.support.site import Site

Say = Callable[[Session, str], None]


@pytest.fixture
def say(site: Site, clock: Clock) -> Say:
    """Record one event of one machine; everything before it has its position already."""
    machine_id = site.machine(site.ready()).id
    order(site.database)

    def record(session: Session, message: str) -> None:
        event = TimelineEvent(Source.PERSON, "said", message, clock.now)
        timeline.record(session, machine_id, event, now=clock.now)
        session.flush()

    return record


def order(database: Database) -> int:
    with database.write() as session:
        return timeline.give_positions(session)


def read(database: Database, after: int) -> list[tuple[int, str]]:
    with database.read() as session:
        return [(e.position or 0, e.message) for e in timeline.stream(session, after=after)]


def head(database: Database) -> int:
    with database.read() as session:
        return timeline.stream_position(session)


def test_events_get_positions_in_the_order_of_their_commits(site: Site, say: Say) -> None:
    start = head(site.database)
    for message in ("one", "two"):
        with site.database.write() as session:
            say(session, message)
    assert read(site.database, start) == [], "nothing is streamed before it is placed"
    assert order(site.database) == 2 and order(site.database) == 0
    assert read(site.database, start) == [(start + 1, "one"), (start + 2, "two")]
    assert read(site.database, start + 1) == [(start + 2, "two")]
    assert head(site.database) == start + 2


def test_an_event_that_commits_late_gets_a_later_position(site: Site, say: Say) -> None:
    """Its id is the smaller one. A reader that is past the other event must still get to see it."""
    if site.database.is_sqlite:
        pytest.skip("SQLite has one writer: nothing commits late there")
    start = head(site.database)
    with site.database.write() as slow:
        say(slow, "slow")
        with site.database.write() as fast:
            say(fast, "fast")
        order(site.database)
        assert read(site.database, start) == [(start + 1, "fast")]
    order(site.database)
    assert read(site.database, start + 1) == [(start + 2, "slow")]


def test_a_reader_that_resumes_misses_nothing_while_many_write(site: Site, say: Say) -> None:
    start, writers, each, done = head(site.database), 4, 15, Event()

    def write(writer: int) -> None:
        for number in range(each):
            with site.database.write() as session:
                say(session, f"{writer}-{number}")

    def sequence() -> None:
        while not done.is_set():
            order(site.database)

    seen: list[tuple[int, str]] = []
    with ThreadPoolExecutor(writers + 2) as pool:
        sequencers = [pool.submit(sequence) for _ in range(2)]
        writing = [pool.submit(write, writer) for writer in range(writers)]
        while not all(future.done() for future in writing):
            seen += read(site.database, seen[-1][0] if seen else start)
        done.set()
        for future in (*writing, *sequencers):
            future.result()
    order(site.database)
    seen += read(site.database, seen[-1][0] if seen else start)
    assert [position for position, _ in seen] == list(range(start + 1, start + 1 + writers * each))
    assert sorted(message for _, message in seen) == sorted(f"{w}-{n}" for w in range(writers) for n in range(each))


def test_what_was_rolled_back_leaves_no_gap(site: Site, say: Say) -> None:
    start = head(site.database)
    with pytest.raises(RuntimeError), site.database.write() as session:
        say(session, "never")
        raise RuntimeError
    with site.database.write() as session:
        say(session, "after")
    order(site.database)
    assert read(site.database, start) == [(start + 1, "after")]


def test_a_stream_may_be_of_one_machine(site: Site, say: Say) -> None:
    other = site.machine(site.ready("web-2"))
    order(site.database)
    with site.database.read() as session:
        events = timeline.stream(session, after=0, machine_id=other.id)
    assert {e.machine_id for e in events} == {other.id}
