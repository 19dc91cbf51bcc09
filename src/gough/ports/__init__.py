"""What the use cases need from the outside. Adapters fulfil it; nothing here knows how."""

from gough.ports.ansible import Configurator, Play, Played, PlayEnd, TaskOutcome, TaskResult
from gough.ports.fleet import SecurityServer
from gough.ports.identity import IdentityProvider, SignedOn, SignOn
from gough.ports.maas import (
    AddressRange,
    BootImage,
    Feed,
    Interface,
    Link,
    MachineNotice,
    Network,
    NetworkSubnet,
    NewMachine,
    Provisioner,
    ProvisionerEvent,
    ScriptResult,
    Subnet,
)
from gough.ports.waker import Waker

__all__ = [
    "AddressRange",
    "BootImage",
    "Configurator",
    "Feed",
    "IdentityProvider",
    "Interface",
    "Link",
    "MachineNotice",
    "Network",
    "NetworkSubnet",
    "NewMachine",
    "Play",
    "PlayEnd",
    "Played",
    "Provisioner",
    "ProvisionerEvent",
    "ScriptResult",
    "SecurityServer",
    "SignOn",
    "SignedOn",
    "Subnet",
    "TaskOutcome",
    "TaskResult",
    "Waker",
]
