"""A MAAS region for tests and the lab: real wire protocol, real states, machines from the lab behind it."""

from gough.lab.maas.machine import BootTarget, Hardware
from gough.lab.maas.power import Power, PowerError
from gough.lab.maas.region import Intercept, Region
from gough.lab.maas.server import Server, serve

__all__ = ["BootTarget", "Hardware", "Intercept", "Power", "PowerError", "Region", "Server", "serve"]
