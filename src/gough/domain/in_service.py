"""What keeps a machine in service once it is: one table. What is missing has a reason and something to do about it."""

from collections.abc import Callable, Set
from dataclasses import dataclass

from gough.domain.agents import SILENT
from gough.domain.facts import Facts

MOST_NAMED = 3
NOT_IN_FLEET = "osquery is not enrolled in Fleet"  # how the reasons begin that only wait for Fleet's word
OFFLINE_IN_FLEET = "osquery is offline in Fleet"
POLICIES_FAIL = "critical policies fail"


@dataclass(frozen=True, slots=True)
class Requirement:
    """`stage` proved it first: where that was waived, it is not asked for. `begins` is how its reason begins."""

    stage: str
    begins: str
    met: Callable[[Facts], bool]
    action: str
    named: Callable[[Facts], tuple[str, ...]] = lambda _: ()

    def reason(self, facts: Facts) -> str:
        names = self.named(facts)
        more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        return f"{self.begins}: {', '.join(names[:MOST_NAMED])}{more}" if names else self.begins


REQUIREMENTS = (
    Requirement(
        "agent", SILENT, lambda f: f.agent_online,
        "On the machine: `systemctl status gough-agent`; check its power, network and console.",
    ),
    Requirement(
        "security", NOT_IN_FLEET, lambda f: not f.fleet_configured or f.fleet_enrolled,
        "On the machine: `systemctl status osqueryd`. Where its host was deleted in Fleet, restart it: it enrols anew.",
    ),
    Requirement(
        "security", POLICIES_FAIL, lambda f: not f.critical_policies_failing,
        "Follow the policy's resolution; Fleet asks again within the hour, or at once with Refetch on the host's page.",
        named=lambda f: f.critical_policies_failing,
    ),
    Requirement(
        "security", OFFLINE_IN_FLEET, lambda f: not f.fleet_enrolled or f.fleet_online,
        "On the machine: `systemctl status osqueryd`; check that it reaches Fleet.",
    ),
)  # fmt: skip
HELD_BY = tuple(requirement.begins for requirement in REQUIREMENTS)


def missing(facts: Facts, waived: Set[str]) -> tuple[Requirement, ...]:
    """What a machine lacks to be in service, most telling first. `waived` are the stages it went without."""
    return tuple(each for each in REQUIREMENTS if each.stage not in waived and not each.met(facts))
