"""Availability zones, which MAAS addresses by name. https://maas.io/docs/api"""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from gough.adapters.maas.catalogue.requests import form, part
from gough.adapters.maas.http import RegionHttp
from gough.adapters.maas.models import Text


@dataclass(frozen=True, slots=True)
class Zone:
    id: int
    name: str
    description: Text = ""


ZONE, ZONES = TypeAdapter(Zone), TypeAdapter(list[Zone])


class Zones:
    def __init__(self, http: RegionHttp) -> None:
        self._http = http

    def __call__(self) -> frozenset[str]:
        """Their names, as `Provisioner.zones` promises."""
        return frozenset(zone.name for zone in self.list())

    def list(self) -> Sequence[Zone]:
        return self._http.get("zones/", ZONES)

    def get(self, name: str) -> Zone:
        return self._http.get(_zone(name), ZONE)

    def create(self, name: str, *, description: str = "") -> Zone:
        return self._http.post("zones/", ZONE, {}, form(name=name, description=description))

    def update(self, name: str, *, new_name: str | None = None, description: str | None = None) -> Zone:
        return self._http.put(_zone(name), ZONE, form(name=new_name, description=description))

    def delete(self, name: str) -> None:
        """Its machines move to the default zone, which itself cannot be deleted (Invalid)."""
        self._http.delete(_zone(name))


def _zone(name: str) -> str:
    return f"zones/{part('zone', name)}/"
