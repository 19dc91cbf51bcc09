"""What the provisioner has to know of a machine, and tells it."""

from pathlib import Path
from typing import Protocol

from gough.lab.maas import BootTarget


class Tenant(Protocol):
    mac: str
    system_id: str  # empty until it is enlisted

    def enlisted(self) -> None:
        """It has booted and told what it is: the region is to know it from now on."""

    def kernel(self) -> str:
        """The path of the kernel that it is told to load."""
        ...

    def image(self) -> Path:
        """The disk image that it is given."""
        ...

    def boots(self, target: BootTarget) -> None: ...

    def reported(self, part: str, event_type: str) -> None: ...

    def fetched_user_data(self) -> None: ...
