"""What regions have besides machines."""

from pydantic import Field

from gough.web.api.answers.base import Page, Shown


class Image(Shown):
    """What can be deployed: `name` is MAAS's, `kernels` are those it comes with."""

    region: str = Field(examples=["default"])
    name: str = Field(examples=["ubuntu/noble"])
    architecture: str = Field(examples=["amd64"])
    kernels: list[str] = Field(examples=[["ga-24.04", "hwe-24.04"]])


class AddressRange(Shown):
    """`dynamic` for DHCP, `reserved` for others."""

    id: int
    type: str = Field(examples=["dynamic"])
    start_ip: str = Field(examples=["10.20.0.100"])
    end_ip: str = Field(examples=["10.20.0.199"])
    comment: str


class Subnet(Shown):
    """`managed`: MAAS gives out its addresses."""

    id: int
    cidr: str = Field(examples=["10.20.0.0/24"])
    name: str = Field(examples=["10.20.0.0/24"])
    gateway_ip: str = Field(examples=["10.20.0.1"])
    dns_servers: list[str] = Field(examples=[["10.20.0.2"]])
    managed: bool
    ranges: list[AddressRange]


class Network(Shown):
    """A VLAN with its subnets. `id` is unique in the region, `vid` in the fabric; 0 is untagged."""

    region: str = Field(examples=["default"])
    id: int
    fabric: str = Field(examples=["fabric-0"])
    vid: int
    name: str = Field(examples=["untagged"])
    mtu: int = Field(examples=[1500])
    dhcp_on: bool
    space: str
    subnets: list[Subnet]


class ImagePage(Page[Image]):
    pass


class NetworkPage(Page[Network]):
    pass
