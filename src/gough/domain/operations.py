"""What a person may do to a machine at once, without a job: MAAS's short operations, as a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Operation(StrEnum):
    POWER_ON = "power-on"
    POWER_OFF = "power-off"
    POWER_QUERY = "power-query"
    LOCK = "lock"
    UNLOCK = "unlock"
    MARK_BROKEN = "mark-broken"
    MARK_FIXED = "mark-fixed"
    RESCUE = "rescue"
    EXIT_RESCUE = "exit-rescue"
    ABORT = "abort"


@dataclass(frozen=True, slots=True)
class Manner:
    """`done`: what the timeline then says. `disturbs`: whoever uses the machine would notice, so it must be ours."""

    done: str
    disturbs: bool = False


MANNERS: Mapping[Operation, Manner] = {
    Operation.POWER_ON: Manner("powered on"),
    Operation.POWER_OFF: Manner("powered off", disturbs=True),
    Operation.POWER_QUERY: Manner("power queried"),
    Operation.LOCK: Manner("locked in MAAS"),
    Operation.UNLOCK: Manner("unlocked in MAAS"),
    Operation.MARK_BROKEN: Manner("marked broken in MAAS", disturbs=True),
    Operation.MARK_FIXED: Manner("marked fixed in MAAS"),
    Operation.RESCUE: Manner("put into rescue mode", disturbs=True),
    Operation.EXIT_RESCUE: Manner("taken out of rescue mode", disturbs=True),
    Operation.ABORT: Manner("MAAS's work on it aborted", disturbs=True),
}
