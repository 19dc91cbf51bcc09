"""How the region switches machines on and off. The lab's virtual machines stand behind it."""

from typing import Protocol, runtime_checkable


class PowerError(Exception):
    """The BMC did not do it; the text is what MAAS passes on to its caller and its event log."""


class BmcSilent(PowerError):
    """The BMC did not even answer; MAAS gives up after a minute."""


class Power(Protocol):
    """Called from the region's background threads, never with its lock held. May block; may raise PowerError."""

    def on(self, system_id: str) -> None: ...

    def off(self, system_id: str) -> None: ...


@runtime_checkable
class Telling(Protocol):
    """A Power that can also tell the state; of any other, the region believes what it did last."""

    def state(self, system_id: str) -> str:
        """on or off. May block; may raise PowerError."""
        ...
