"""A MAAS region for tests and the lab: real wire protocol, real states, machines from the lab behind it."""

from gough.lab.maas.machine import BootTarget, Hardware
from gough.lab.maas.power import BmcSilent, Power, PowerError
from gough.lab.maas.region import Backup, Intercept, Region
from gough.lab.maas.server import Server, serve
from gough.lab.maas.serving import Serving

__all__ = [
    "Backup",
    "BmcSilent",
    "BootTarget",
    "Hardware",
    "Intercept",
    "Power",
    "PowerError",
    "Region",
    "Server",
    "Serving",
    "serve",
]
