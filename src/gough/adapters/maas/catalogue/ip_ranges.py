"""Ranges of addresses that are set aside: `dynamic` for DHCP, `reserved` for others. https://maas.io/docs/api"""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from gough.adapters.maas.catalogue.requests import form, part
from gough.adapters.maas.catalogue.subnets import Subnet
from gough.adapters.maas.http import RegionHttp
from gough.adapters.maas.models import Text, User


@dataclass(frozen=True, slots=True)
class IpRange:
    id: int
    type: str
    start_ip: str
    end_ip: str
    subnet: Subnet
    comment: Text = ""
    user: User | None = None


IP_RANGE, IP_RANGES = TypeAdapter(IpRange), TypeAdapter(list[IpRange])


class IpRanges:
    def __init__(self, http: RegionHttp) -> None:
        self._http = http

    def list(self) -> Sequence[IpRange]:
        return self._http.get("ipranges/", IP_RANGES)

    def get(self, id: int) -> IpRange:
        return self._http.get(_range(id), IP_RANGE)

    def create(self, type: str, start_ip: str, end_ip: str, *, subnet: int | None = None, comment: str = "") -> IpRange:
        """Invalid where it overlaps another range or, for a dynamic one, an address in use."""
        fields = form(type=type, start_ip=start_ip, end_ip=end_ip, subnet=subnet, comment=comment)
        return self._http.post("ipranges/", IP_RANGE, {}, fields)

    def update(
        self, id: int, *, start_ip: str | None = None, end_ip: str | None = None, comment: str | None = None
    ) -> IpRange:
        return self._http.put(_range(id), IP_RANGE, form(start_ip=start_ip, end_ip=end_ip, comment=comment))

    def delete(self, id: int) -> None:
        self._http.delete(_range(id))


def _range(id: int) -> str:
    return f"ipranges/{part('IP range', id)}/"
