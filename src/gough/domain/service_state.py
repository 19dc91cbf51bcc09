"""What an operator wants to know of a machine first: is it in service, and if not, does it need me?"""

from enum import StrEnum


class ServiceState(StrEnum):
    IN_SERVICE = "in_service"
    IN_PROGRESS = "in_progress"
    ATTENTION = "attention"
    OUT = "out"

    @property
    def label(self) -> str:
        return LABELS[self]


LABELS = {
    ServiceState.IN_SERVICE: "In service",
    ServiceState.IN_PROGRESS: "In progress",
    ServiceState.ATTENTION: "Needs attention",
    ServiceState.OUT: "Out of service",
}
