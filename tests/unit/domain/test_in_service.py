"""What keeps a machine in service: each requirement has its reason, and a waived stage asks for nothing."""

from dataclasses import replace

import pytest

from gough.domain.facts import Facts
from gough.domain.in_service import HELD_BY, REQUIREMENTS, missing
from gough.domain.machine_status import MachineStatus

WELL = Facts(
    MachineStatus.DEPLOYED, agent_online=True, fleet_configured=True, fleet_enrolled=True, fleet_online=True,
    policies_known=True,
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "stage", "reason"),
    [
        ({"agent_online": False}, "agent", "agent silent"),
        ({"fleet_enrolled": False, "fleet_online": False}, "security", "osquery is not enrolled in Fleet"),
        ({"fleet_online": False}, "security", "osquery is offline in Fleet"),
        ({"critical_policies_failing": ("a", "b")}, "security", "critical policies fail: a, b"),
        ({"critical_policies_failing": tuple("abcde")}, "security", "critical policies fail: a, b, c and 2 more"),
    ],
)
def test_what_is_missing_is_named_unless_its_stage_was_waived(
    changes: dict[str, object], stage: str, reason: str
) -> None:
    facts = replace(WELL, **changes)  # type: ignore[arg-type]
    (first, *others) = missing(facts, frozenset())
    assert first.reason(facts) == reason and first.action and not others
    assert missing(facts, {stage}) == ()


def test_a_machine_that_lacks_nothing_is_in_service() -> None:
    assert missing(WELL, frozenset()) == ()
    assert missing(replace(WELL, fleet_configured=False, fleet_enrolled=False), frozenset()) == ()


def test_no_reason_begins_as_another_does() -> None:
    assert len(set(HELD_BY)) == len(REQUIREMENTS)
    assert not [a for a in HELD_BY for b in HELD_BY if a != b and a.startswith(b)]
