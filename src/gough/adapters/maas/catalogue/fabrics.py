"""Fabrics: what switches connect. https://maas.io/docs/api"""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from gough.adapters.maas.catalogue.requests import form, part
from gough.adapters.maas.catalogue.vlans import Vlan
from gough.adapters.maas.http import RegionHttp
from gough.adapters.maas.models import Text


@dataclass(frozen=True, slots=True)
class Fabric:
    """A new one has one VLAN, the untagged."""

    id: int
    name: str
    class_type: Text = ""
    vlans: tuple[Vlan, ...] = ()


FABRIC, FABRICS = TypeAdapter(Fabric), TypeAdapter(list[Fabric])


class Fabrics:
    def __init__(self, http: RegionHttp) -> None:
        self._http = http

    def list(self) -> Sequence[Fabric]:
        return self._http.get("fabrics/", FABRICS)

    def get(self, id: int) -> Fabric:
        return self._http.get(_fabric(id), FABRIC)

    def create(self, name: str, *, class_type: str | None = None) -> Fabric:
        return self._http.post("fabrics/", FABRIC, {}, form(name=name, class_type=class_type))

    def update(self, id: int, *, name: str | None = None, class_type: str | None = None) -> Fabric:
        return self._http.put(_fabric(id), FABRIC, form(name=name, class_type=class_type))

    def delete(self, id: int) -> None:
        """Invalid for the default fabric and while it has subnets."""
        self._http.delete(_fabric(id))


def _fabric(id: int) -> str:
    return f"fabrics/{part('fabric', id)}/"
