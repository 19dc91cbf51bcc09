"""What the use cases need of the workers."""

from typing import Protocol


class Waker(Protocol):
    """Tells the workers that something may be due. Losing a call costs at most one poll."""

    def wake(self) -> None: ...
