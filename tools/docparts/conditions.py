"""What a stage's `done` and `failed` ask for, found by asking them: the words cannot drift from the functions."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from gough.domain.facts import Facts
from gough.domain.machine_status import MachineStatus

# A fact that is missing here, or that a condition asks for in a way that has no words, stops the generator.
BAD: Mapping[str, tuple[object, str]] = {
    "known_to_maas": (False, "MAAS no longer knows the machine"),
    "aborted": (True, "somebody aborts it in MAAS"),
    "findings": (("x",), "the template does not render or is not accepted"),
    "cloud_init_failed": (True, "cloud-init reports a failed part"),
    "critical_policies_failing": (("x",), "a critical policy fails"),
    "playbooks_failed": (True, "a playbook fails"),
    "alerts": (("x",), "an alert is active"),
}
GOOD: Mapping[str, tuple[object, str]] = {
    "user_data_accepted": (True, "the user-data is accepted"),
    "submitted": (True, "MAAS has accepted the request"),
    "cloud_init_finished": (True, "cloud-init reports its end"),
    "agent_online": (True, "the agent reports"),
    "fleet_enrolled": (True, "Fleet has enrolled the machine"),
    "fleet_online": (True, "osquery is online in Fleet"),
    "policies_known": (True, "the critical policies are answered"),
    "playbooks_converged": (True, "the playbooks have converged"),
}
ABSENT: Mapping[str, str] = {
    "aborted": "nobody has aborted it",
    "critical_policies_failing": "no critical policy fails",
    "alerts": "no alert is active",
}
# They decide waivers, actions and the clock, not ends.
CONTEXT = frozenset({"status", "known_until", "lock_wanted", "fleet_configured", "playbooks_wanted"})
FEW = 11  # a longer list of statuses is told by what it lacks
Condition = Callable[[Facts], bool]

assert set(Facts.__dataclass_fields__) == CONTEXT | BAD.keys() | GOOD.keys(), "a fact has no words"


def done_when(condition: Condition) -> str:
    """What must all be true."""
    perfect = _facts(GOOD)
    statuses = [status for status in MachineStatus if condition(replace(perfect, status=status))]
    base = replace(perfect, status=statuses[0])
    words = [_in_statuses(statuses)] if len(statuses) < len(MachineStatus) else []
    words += [text for name, (_, text) in GOOD.items() if not condition(_with(base, name, None))]
    words += [ABSENT[name] for name, (bad, _) in BAD.items() if not condition(_with(base, name, bad))]
    return "; and ".join(words)


def fails_when(condition: Condition) -> str:
    """What is each enough."""
    fine = _facts({})
    statuses = [status for status in MachineStatus if condition(replace(fine, status=status))]
    base = replace(fine, status=next(status for status in MachineStatus if status not in statuses))
    words = [_in_statuses(statuses)] if statuses else []
    words += [text for name, (bad, text) in BAD.items() if condition(_with(base, name, bad))]
    return "; or ".join(words) or "only past its deadline"


def _facts(good: Mapping[str, tuple[object, str]]) -> Facts:
    return Facts(MachineStatus.NEW, **{name: value for name, (value, _) in good.items()})  # type: ignore[arg-type]


def _with(facts: Facts, name: str, value: object) -> Facts:
    """`facts` with one of them changed; None takes back a good one."""
    return replace(facts, **{name: False if value is None else value})  # type: ignore[arg-type]


def _in_statuses(statuses: list[MachineStatus]) -> str:
    if len(statuses) <= FEW:
        return f"MAAS says {_sentence([status.label for status in statuses], 'or')}"
    others = [status.label for status in MachineStatus if status not in statuses]
    return f"MAAS says neither {_sentence(others, 'nor')}" if len(others) > 1 else f"MAAS does not say {others[0]}"


def _sentence(words: list[str], conjunction: str) -> str:
    return f" {conjunction} ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
