"""How the region switches machines on and off. The lab's virtual machines stand behind it."""

from typing import Protocol


class PowerError(Exception):
    """The BMC did not do it; the text is what MAAS passes on to its caller and its event log."""


class Power(Protocol):
    """Called from the region's background threads, never with its lock held. May block; may raise PowerError."""

    def on(self, system_id: str) -> None: ...

    def off(self, system_id: str) -> None: ...
