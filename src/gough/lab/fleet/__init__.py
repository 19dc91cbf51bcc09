"""A Fleet server for tests and the lab: its REST API and osquery's endpoints, real states and real refusals."""

from gough.lab.fleet.fleet import Fleet
from gough.lab.fleet.server import Server, serve
from gough.lab.fleet.site import LabFleet
from gough.lab.fleet.wire import Answer

__all__ = ["Answer", "Fleet", "LabFleet", "Server", "serve"]
