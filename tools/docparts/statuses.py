"""MAAS's statuses, from gough.domain.machine_status."""

from gough.domain.machine_status import (
    COMMISSIONABLE,
    DEPLOYABLE,
    RELEASABLE,
    TESTABLE,
    TRANSITIONS,
    MachineStatus,
)
from tools.docparts import table as markdown

OPERATIONS = (
    ("deploy", DEPLOYABLE),
    ("commission", COMMISSIONABLE),
    ("test", TESTABLE),
    ("release", RELEASABLE),
)


def table() -> str:
    headings = ("number", "status", "MAAS may move it to", "Gough offers")
    return markdown(headings, (_row(status) for status in MachineStatus))


def _row(status: MachineStatus) -> tuple[str, ...]:
    to = ", ".join(following.label for following in sorted(TRANSITIONS[status]))
    offered = ", ".join(name for name, allowed in OPERATIONS if status in allowed)
    return str(int(status)), status.label, to, offered or "-"
