"""MAAS's machine statuses and the moves between them.

Source: MAAS 3.4 `NODE_STATUS` and `NODE_TRANSITIONS`; API 2.0 field `status`.
"""

from collections.abc import Mapping
from enum import IntEnum


class MachineStatus(IntEnum):
    NEW = 0
    COMMISSIONING = 1
    FAILED_COMMISSIONING = 2
    MISSING = 3
    READY = 4
    RESERVED = 5
    DEPLOYED = 6
    RETIRED = 7
    BROKEN = 8
    DEPLOYING = 9
    ALLOCATED = 10
    FAILED_DEPLOYMENT = 11
    RELEASING = 12
    RELEASING_FAILED = 13
    DISK_ERASING = 14
    FAILED_DISK_ERASING = 15
    RESCUE_MODE = 16
    ENTERING_RESCUE_MODE = 17
    FAILED_ENTERING_RESCUE_MODE = 18
    EXITING_RESCUE_MODE = 19
    FAILED_EXITING_RESCUE_MODE = 20
    TESTING = 21
    FAILED_TESTING = 22

    @property
    def label(self) -> str:
        """MAAS's own words, as in the API's `status_name`."""
        return LABELS.get(self, self.name.replace("_", " ").capitalize())

    @property
    def filter_name(self) -> str:
        """What `GET machines/?status=` takes."""
        return self.name.lower()


LABELS: Mapping[MachineStatus, str] = {
    MachineStatus.FAILED_ENTERING_RESCUE_MODE: "Failed to enter rescue mode",
    MachineStatus.FAILED_EXITING_RESCUE_MODE: "Failed to exit rescue mode",
}

BY_LABEL: Mapping[str, MachineStatus] = {status.label: status for status in MachineStatus}


def _moves(*to: int) -> frozenset[MachineStatus]:
    return frozenset(MachineStatus(number) for number in to)


START = _moves(0, 3, 7)  # how a machine may first appear

TRANSITIONS: Mapping[MachineStatus, frozenset[MachineStatus]] = {
    MachineStatus.NEW: _moves(1, 3, 4, 7, 8, 17, 21),
    MachineStatus.COMMISSIONING: _moves(0, 2, 3, 4, 7, 8, 21),
    MachineStatus.FAILED_COMMISSIONING: _moves(1, 3, 7, 8, 17, 21),
    MachineStatus.MISSING: _moves(0, 1, 4, 8, 10, 17, 21),
    MachineStatus.READY: _moves(1, 3, 5, 7, 8, 10, 17, 21),
    MachineStatus.RESERVED: _moves(3, 4, 7, 8, 10, 12, 14, 17, 21),
    MachineStatus.DEPLOYED: _moves(3, 4, 8, 10, 12, 14, 17, 21),
    MachineStatus.RETIRED: _moves(0, 3, 4, 8, 17, 21),
    MachineStatus.BROKEN: _moves(1, 4, 6, 12, 14, 17, 21),
    MachineStatus.DEPLOYING: _moves(3, 4, 6, 8, 10, 11, 12, 14),
    MachineStatus.ALLOCATED: _moves(3, 4, 7, 8, 9, 12, 14, 17, 21),
    MachineStatus.FAILED_DEPLOYMENT: _moves(3, 4, 8, 10, 12, 14, 17, 21),
    MachineStatus.RELEASING: _moves(0, 3, 4, 5, 6, 8, 10, 11, 13, 15),
    MachineStatus.RELEASING_FAILED: _moves(4, 8, 12, 14, 21),
    MachineStatus.DISK_ERASING: _moves(4, 8, 12, 14, 15),
    MachineStatus.FAILED_DISK_ERASING: _moves(4, 8, 10, 12, 14, 17, 21),
    MachineStatus.RESCUE_MODE: _moves(8, 19, 21),
    MachineStatus.ENTERING_RESCUE_MODE: _moves(4, 6, 8, 16, 18, 19),
    MachineStatus.FAILED_ENTERING_RESCUE_MODE: _moves(8, 17, 19, 21),
    MachineStatus.EXITING_RESCUE_MODE: _moves(0, 2, 3, 4, 5, 6, 7, 8, 10, 11, 13, 15, 16, 18, 20, 22),
    MachineStatus.FAILED_EXITING_RESCUE_MODE: _moves(8, 19, 21),
    MachineStatus.TESTING: _moves(0, 1, 3, 4, 5, 6, 7, 8, 10, 11, 13, 15, 18, 20, 22),
    MachineStatus.FAILED_TESTING: _moves(1, 3, 4, 6, 8, 17, 21),
}


def may_move(before: MachineStatus, after: MachineStatus) -> bool:
    """Whether MAAS itself would allow this change of status."""
    return after in TRANSITIONS[before]


# Statuses that a machine enters because scripts on it failed: their output says why.
FAILED_BY_SCRIPTS = frozenset(
    {MachineStatus.FAILED_COMMISSIONING, MachineStatus.FAILED_DEPLOYMENT, MachineStatus.FAILED_TESTING}
)
# From which statuses MAAS's `release` does something (4 and 12 answer 200 and nothing happens).
RELEASABLE = _moves(5, 6, 8, 9, 10, 11, 13, 15)
COMMISSIONABLE = frozenset(s for s in MachineStatus if MachineStatus.COMMISSIONING in TRANSITIONS[s])
TESTABLE = frozenset(s for s in MachineStatus if MachineStatus.TESTING in TRANSITIONS[s])
DEPLOYABLE = _moves(4)  # an Allocated machine belongs to somebody: adopting it is their decision
