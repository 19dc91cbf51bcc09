"""Any job under any sequence of facts keeps its order, runs one stage at a time, and comes to an end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gough.domain.facts import Facts
from gough.domain.machine_status import MachineStatus
from gough.domain.stages import (
    ENDED_WELL,
    TABLES,
    Act,
    End,
    Finished,
    Halted,
    JobKind,
    Outcome,
    Running,
    Start,
    Table,
    Wait,
    next_step,
)  # fmt: skip

FACTS = st.builds(
    Facts,
    status=st.sampled_from(MachineStatus),
    known_to_maas=st.booleans(),
    user_data_accepted=st.booleans(),
    findings=st.sampled_from([(), ("wrong",)]),
    submitted=st.booleans(),
    cloud_init_finished=st.booleans(),
    cloud_init_failed=st.booleans(),
    agent_online=st.booleans(),
    fleet_configured=st.booleans(),
    fleet_enrolled=st.booleans(),
    fleet_online=st.booleans(),
    policies_known=st.booleans(),
    critical_policies_failing=st.sampled_from([(), ("disk encryption",)]),
    playbooks_wanted=st.booleans(),
    playbooks_converged=st.booleans(),
    playbooks_failed=st.booleans(),
    alerts=st.sampled_from([(), ("disk full",)]),
)
WORST = timedelta(hours=8)  # longer than all deadlines of a table together


class AnyJob(RuleBasedStateMachine):
    """Does with each step what the workers do, and looks over their shoulder."""

    @initialize(kind=st.sampled_from(JobKind), facts=FACTS)
    def begin(self, kind: JobKind, facts: Facts) -> None:
        self.table: Table = TABLES[kind]
        self.names = [stage.name for stage in self.table]
        self.ended: dict[str, Outcome] = {}
        self.running: Running | None = None
        self.facts = facts
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.finished = False

    @rule(facts=FACTS)
    def the_facts_change(self, facts: Facts) -> None:
        self.facts = facts
        self.step()

    @rule(seconds=st.integers(0, 4000))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.step()

    @rule(acted=st.sampled_from(["acted", "refused", "later"]))
    def an_action_is_tried(self, acted: str) -> None:
        self.step(acted)

    @rule()
    def nothing_changes_any_more(self) -> None:
        """Then the job is finished or halted after a bounded number of steps and waits."""
        for _ in range(8 * len(self.table)):
            match self.step("acted"):
                case Finished() | Halted():
                    return
                case Wait(until):
                    assert until > self.now, "a wait that is over already would spin"
                    self.now = until
        raise AssertionError("the job never comes to rest")

    def step(self, acted: str = "acted") -> object:
        step = next_step(self.table, self.ended, self.running, self.facts, self.now)
        if self.finished:
            assert step == Finished(), "a finished job starts again"
        match step:
            case Start(stage):
                assert self.running is None, f"{stage.name} starts while {self.running} runs"
                assert stage.name not in self.ended
                self.running = Running(stage.name, self.now)
            case Act(stage):
                assert self.running is not None and self.running.stage == stage.name
                assert not self.running.acted and not self.running.refused
                self.running = replace(
                    self.running,
                    acted=acted == "acted",
                    refused=acted == "refused",
                    try_again_at=self.now + timedelta(seconds=1) if acted == "later" else None,
                )
            case End(stage, outcome, heals):
                assert self.ended.get(stage.name) not in ENDED_WELL, f"{stage.name} is ended twice"
                assert heals == (stage.name in self.ended)
                assert outcome is not Outcome.OVERDUE or (
                    self.running is not None and self.now >= self.running.since + stage.deadline
                )
                self.ended[stage.name], self.running = outcome, None
            case Finished():
                self.finished = True
        return step

    @invariant()
    def stages_end_in_order_and_only_the_last_may_have_ended_badly(self) -> None:
        if not hasattr(self, "table"):
            return
        assert list(self.ended) == self.names[: len(self.ended)]
        assert all(outcome in ENDED_WELL for outcome in list(self.ended.values())[:-1])
        if self.running is not None:
            assert self.running.stage == self.names[len(self.ended)]


TestAnyJob = AnyJob.TestCase
TestAnyJob.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
