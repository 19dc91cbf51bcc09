"""Fleet: the server that osquery on every machine reports to. `connect` is the way in."""

from gough.adapters.fleet.client import FleetClient, connect

__all__ = ["FleetClient", "connect"]
