"""Every fault of the lab at once, one machine each: each ends in time with its own cause, and the others arrive."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from gough.cli import embedded
from gough.cli.main import main
from gough.lab.faults import FAULTS, Injection, Point
from gough.lab.operator import Operator, Standing
from gough.lab.outages import Outages
from gough.persistence.models import Job
from gough.services import jobs, machines, timeline
from tests.stack.fault_stacks import STACKS, Stack
from tests.stack.fault_table import ALONE, EXPECTED, Expected
from tests.stack.watching import Standings, until

HEALTHY = 3
LAG = timedelta(seconds=30)  # as docs/diagnosis.md promises
TOGETHER = [fault for fault in FAULTS if fault.name not in ALONE]
NUMBERS = {fault.name: number for number, fault in enumerate(TOGETHER, start=1)}
MACHINES = len(TOGETHER) + HEALTHY
HOSTNAMES = {name: f"node-{number:02}" for name, number in NUMBERS.items()}
INJECTIONS = tuple(Injection(fault, NUMBERS[fault.name]) for fault in TOGETHER)
HERE = {name: expected for name, expected in EXPECTED.items() if name not in ALONE}


@pytest.fixture
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    with STACKS[request.param](tmp_path, MACHINES, INJECTIONS) as made:
        yield made


def test_every_fault_has_an_expectation() -> None:
    assert list(EXPECTED) == [fault.name for fault in FAULTS]
    assert len([name for name, expected in EXPECTED.items() if expected]) >= 20


@pytest.mark.faults
@pytest.mark.timeout(420)
@pytest.mark.parametrize("stack", ["threads", pytest.param("celery", marks=pytest.mark.postgres)], indirect=True)
def test_every_fault_is_told_in_time_with_its_cause_evidence_and_next_action(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    operator = Operator(stack.use, "docker-host")
    told = Told(operator, stack)
    lives = [machine for machine in stack.hall.machines if f"node-{machine.number:02}" not in _arriving()]
    stack.hall.power_up(lives)
    until(lambda: told.all_but_agents(len(lives)), "every machine has had its first boot, or failed", told)

    # What befalls Gough itself befalls machines that nothing else does: reports that nobody takes are lost for good.
    possible = [one for one in INJECTIONS if one.fault.point is not Point.GOUGH or one.fault.where in stack.deeds]
    outages = Outages(possible, stack.hall, stack.deeds)
    stack.hall.power_up([machine for machine in stack.hall.machines if machine not in lives])
    until(lambda: told.everything(outages), "every machine has arrived or is explained", told)

    deploys = stack.hall.deploys()
    assert {hostname: deploys[hostname] for hostname in _arriving()} == dict.fromkeys(_arriving(), 1)
    late = [one for name in HERE if (one := _late(stack, HOSTNAMES[name]))]
    assert late == []

    monkeypatch.setattr(embedded, "use", lambda: stack.use)
    monkeypatch.delenv("GOUGH_URL", raising=False)
    monkeypatch.setenv("GOUGH_CONTEXT", "embedded")
    for name, expected in HERE.items():
        monkeypatch.setattr(sys, "argv", ["gough", "machine", "why", HOSTNAMES[name]])
        capsys.readouterr()
        with pytest.raises(SystemExit, match=r"^0$"):
            main()
        said = capsys.readouterr().out
        if expected is None:
            assert said.startswith(f"{HOSTNAMES[name]}: in service"), said
        else:
            assert f"stage   {expected.stage}\ncause   {expected.cause}: " in said, said
            assert re.search(expected.evidence, said) and f"do      {expected.action}" in said, said


@pytest.mark.faults
@pytest.mark.timeout(240)
def test_while_fleet_is_down_each_machine_says_so_and_arrives_when_it_is_back(tmp_path: Path) -> None:
    expected = EXPECTED["fleet-down"]
    assert expected is not None
    with STACKS["threads"](tmp_path, 2, ()) as stack:
        operator, fleet = Operator(stack.use, "docker-host"), stack.fleet
        standings = Standings(operator, stack.hall, stack.folder)
        fleet.close()
        stack.hall.power_up()

        def told() -> bool:
            operator.work()
            found = operator.standings()
            return len(found) == 2 and all(_is_told(one, expected) for one in found)

        until(told, "both say that Fleet is down", standings)
        fleet.open()
        until(lambda: all(one.service == "in_service" for one in operator.standings()), "both arrived late", standings)
        assert set(stack.hall.deploys().values()) == {1}


@dataclass(frozen=True, slots=True)
class Told:
    """Works as the operator does, and looks how far that has led. As text: what is not as the table says."""

    operator: Operator
    stack: Stack

    def all_but_agents(self, count: int) -> bool:
        """Whether nothing of `count` machines is under way but waiting for an agent."""
        self.operator.work()
        standings = self.operator.standings()
        waiting = [("agent", "running") in one.stages for one in standings]
        return len(standings) == count and all(one.ended or w for one, w in zip(standings, waiting, strict=True))

    def everything(self, outages: Outages) -> bool:
        self.operator.work()
        outages.work()
        standings = self.operator.standings()
        return len(standings) == MACHINES and all(one.ended for one in standings) and not mistakes(standings)

    def __call__(self) -> str:
        wrong = mistakes(self.operator.standings())
        named = [hostname for hostname in self.operator.hostnames().values() if any(hostname in one for one in wrong)]
        rest = Standings(self.operator, self.stack.hall, self.stack.folder)
        return "\n".join([*wrong, *(line for hostname in named for line in self._history(hostname)), rest()])

    def _history(self, hostname: str) -> list[str]:
        with self.stack.use.database.read() as session:
            events = timeline.history(session, machines.find(session, hostname).id)
        return [
            f"{hostname}: {one.occurred_at:%H:%M:%S} {one.source} {one.kind}: {one.message[:150]}" for one in events
        ]


def mistakes(standings: list[Standing]) -> list[str]:
    """What is not as the table says."""
    standing = {one.hostname: one for one in standings}
    wrong = [
        f"{name} ({HOSTNAMES[name]}): expected {expected}, got {standing[HOSTNAMES[name]].diagnosis}"
        for name, expected in HERE.items()
        if expected is not None and HOSTNAMES[name] in standing and not _is_told(standing[HOSTNAMES[name]], expected)
    ]
    return wrong + [
        f"{name} is not in service: {standing[name]}" for name in _arriving() if not _serves(standing, name)
    ]


def _is_told(standing: Standing, expected: Expected) -> bool:
    said = standing.diagnosis or {"stage": "", "cause": "", "evidence": [], "next_action": ""}
    quoted = any(re.search(expected.evidence, line) for line in said["evidence"])
    return (
        (said["stage"], said["cause"]) == (expected.stage, expected.cause)
        and quoted
        and said["next_action"].startswith(expected.action)
    )


def _serves(standings: dict[str, Standing], hostname: str) -> bool:
    return hostname in standings and standings[hostname].service == "in_service"


def _arriving() -> list[str]:
    survivors = [HOSTNAMES[name] for name, expected in HERE.items() if expected is None]
    return survivors + [f"node-{number:02}" for number in range(len(TOGETHER) + 1, MACHINES + 1)]


def _late(stack: Stack, hostname: str) -> str:
    """The stage of the machine's newest job that did not end within its deadline and the lag that is promised."""
    with stack.use.database.read() as session:
        job: Job = jobs.newest(session, machine_id=machines.find(session, hostname).id, limit=1)[0]
        for step in job.steps:
            if step.finished_at and step.deadline_at and step.finished_at > step.deadline_at + LAG:
                return f"{hostname}: {step.name} ended at {step.finished_at}, its deadline was {step.deadline_at}"
    return ""
