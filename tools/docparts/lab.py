"""The lab's faults, from gough.lab.faults."""

from gough.lab.faults import FAULTS
from tools.docparts import table


def faults() -> str:
    rows = ((f"`{fault.name}`", fault.summary, fault.point.value) for fault in FAULTS)
    return table(("fault", "what happens", "strikes at"), rows)
