"""Rack controllers: they reach the BMCs and serve DHCP and the boot images. https://maas.io/docs/api"""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from gough.adapters.maas.catalogue.requests import part
from gough.adapters.maas.catalogue.zones import Zone
from gough.adapters.maas.http import RegionHttp
from gough.adapters.maas.models import Text


@dataclass(frozen=True, slots=True)
class Service:
    """`status` is running, degraded, dead, off or unknown; `status_info` says why."""

    name: str
    status: str
    status_info: Text = ""


@dataclass(frozen=True, slots=True)
class RackController:
    system_id: str
    hostname: str
    fqdn: Text = ""
    version: Text = ""
    architecture: Text = ""
    description: Text = ""
    zone: Zone | None = None
    service_set: tuple[Service, ...] = ()


@dataclass(frozen=True, slots=True)
class RackImage:
    name: str
    architecture: str
    subarches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RackImages:
    """`status` is synced, syncing, out-of-sync, or unknown while the rack is not connected."""

    images: tuple[RackImage, ...]
    connected: bool
    status: str


RACKS, RACK_IMAGES = TypeAdapter(list[RackController]), TypeAdapter(RackImages)


class RackControllers:
    def __init__(self, http: RegionHttp) -> None:
        self._http = http

    def list(self) -> Sequence[RackController]:
        return self._http.get("rackcontrollers/", RACKS)

    def list_boot_images(self, system_id: str) -> RackImages:
        path = f"rackcontrollers/{part('rack controller', system_id)}/"
        return self._http.get(path, RACK_IMAGES, {"op": "list_boot_images"})
