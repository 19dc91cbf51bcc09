"""MAAS: the region Gough talks to. `connect` is the way in; nothing else here is meant for others."""

from gough.adapters.maas.client import MaasClient, connect

__all__ = ["MaasClient", "connect"]
