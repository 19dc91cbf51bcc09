"""VLANs, which MAAS addresses by their fabric and VID. https://maas.io/docs/api"""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from gough.adapters.maas.catalogue.requests import form, part
from gough.adapters.maas.http import RegionHttp
from gough.adapters.maas.models import Text


@dataclass(frozen=True, slots=True)
class Vlan:
    """`id` is unique in the region, `vid` in its fabric. Racks are system_ids; `external_dhcp` is a foreign server."""

    id: int
    vid: int
    name: Text = ""
    fabric: Text = ""
    fabric_id: int = 0
    mtu: int = 1500
    dhcp_on: bool = False
    primary_rack: Text = ""
    secondary_rack: Text = ""
    external_dhcp: Text = ""
    space: Text = ""


VLAN, VLANS = TypeAdapter(Vlan), TypeAdapter(list[Vlan])


class Vlans:
    """The VLANs of one fabric, by its id or name."""

    def __init__(self, http: RegionHttp, fabric: int | str) -> None:
        self._http = http
        self._path = f"fabrics/{part('fabric', fabric)}/vlans/"

    def list(self) -> Sequence[Vlan]:
        return self._http.get(self._path, VLANS)

    def get(self, vid: int) -> Vlan:
        return self._http.get(self._one(vid), VLAN)

    def create(self, vid: int, *, name: str = "", mtu: int | None = None) -> Vlan:
        return self._http.post(self._path, VLAN, {}, form(vid=vid, name=name or None, mtu=mtu))

    def update(
        self,
        vid: int,
        *,
        name: str | None = None,
        mtu: int | None = None,
        dhcp_on: bool | None = None,
        primary_rack: str | None = None,
        secondary_rack: str | None = None,
        relay_vlan: int | None = None,
    ) -> Vlan:
        """DHCP needs a dynamic range on one of its subnets and a rack controller that reaches it (else Invalid)."""
        fields = form(
            name=name,
            mtu=mtu,
            dhcp_on=dhcp_on,
            primary_rack=primary_rack,
            secondary_rack=secondary_rack,
            relay_vlan=relay_vlan,
        )
        return self._http.put(self._one(vid), VLAN, fields)

    def delete(self, vid: int) -> None:
        """Its subnets move to the fabric's untagged VLAN, which itself cannot be deleted (Invalid)."""
        self._http.delete(self._one(vid))

    def _one(self, vid: int) -> str:
        return f"{self._path}{part('VLAN', vid)}/"
