"""Passes over the collectors: each at its own period, and one that hangs stops nobody."""

import threading
from collections.abc import Iterator

import pytest

from gough_agent.collector import Collector, Sample
from gough_agent.guard import Guard, Hanging
from gough_agent.survey import Survey


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def held() -> Iterator[threading.Event]:
    """What a hanging collector waits for; let go at the end."""
    event = threading.Event()
    yield event
    event.set()


def test_a_slow_one_runs_at_its_own_period_and_its_sample_says_its_age() -> None:
    clock, runs = Clock(), []

    def collect() -> Sample:
        runs.append(clock.now)
        return {"run": len(runs)}

    survey = Survey({"slow": Collector(collect, every=600)}, clock)
    seen = []
    for clock.now in range(0, 1300, 60):
        done = survey.take()
        seen.append((done.samples["slow"]["run"], done.collectors["slow"].get("age_seconds")))
    assert runs == [0, 600, 1200]
    assert seen[:3] == [(1, None), (1, 60), (1, 120)]
    survey.forget()
    assert survey.take().samples["slow"] == {"run": 4}


def test_a_slow_one_that_failed_is_tried_again_sooner() -> None:
    clock, runs = Clock(), []

    def collect() -> Sample:
        runs.append(clock.now)
        raise OSError("no")

    survey = Survey({"slow": Collector(collect, every=3600)}, clock)
    for clock.now in range(0, 601, 60):
        assert survey.take().samples == {}
    assert runs == [0, 300, 600]
    assert survey.errors() == {"slow": "OSError: no"}


def test_one_that_hangs_is_left_behind_said_and_tried_again_when_it_has_ended(held: threading.Event) -> None:
    guard = Guard(deadline=0.05)

    def hang() -> Sample:
        held.wait(20)
        return {}

    with pytest.raises(Hanging, match="no answer within"):
        guard.run("disk", hang)
    threads = threading.active_count()
    with pytest.raises(Hanging, match=r"^still hanging since 20"):
        guard.run("disk", hang)
    with pytest.raises(Hanging, match=r"^not tried: disk is hanging since 20"):
        guard.run("smart", lambda: {})
    assert threading.active_count() == threads
    held.set()
    next(thread for thread in threading.enumerate() if thread.name == "disk").join()
    assert guard.run("smart", lambda: {"fine": True}) == {"fine": True}


def test_what_fails_in_the_thread_fails_here() -> None:
    def crash() -> Sample:
        raise RuntimeError("on fire")

    with pytest.raises(RuntimeError, match="on fire"):
        Guard().run("disk", crash)
