"""What can be wished of a deployment besides its template: MAAS's own choices, by MAAS's names."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from ipaddress import ip_address
from typing import Any

from gough.domain.errors import Invalid, Problem

# MAAS 3.4 `maasserver/storage_layouts.py`, `INTERFACE_LINK_TYPE`.
STORAGE_LAYOUTS = frozenset({"flat", "lvm", "bcache", "blank"})
LINK_MODES = frozenset({"auto", "static", "dhcp", "link_up"})
_NAME = re.compile(r"[\w.:-]{1,255}")
_TAG = re.compile(r"[\w.-]{1,256}")


@dataclass(frozen=True, slots=True)
class InterfaceLink:
    """`interface` by name or MAC address, `subnet` by CIDR or name; `ip_address` only with mode static."""

    interface: str
    subnet: str
    mode: str = "auto"
    ip_address: str = ""


@dataclass(frozen=True, slots=True)
class DeployOptions:
    """Empty means: as it is in MAAS. `tags` are added, none is taken away. `lock`: once it is in service."""

    kernel: str = ""
    storage_layout: str = ""
    links: tuple[InterfaceLink, ...] = ()
    tags: tuple[str, ...] = ()
    pool: str = ""
    zone: str = ""
    lock: bool = False

    def __bool__(self) -> bool:
        return self != DeployOptions()

    def as_json(self) -> dict[str, Any]:
        """Only what is wished."""
        return {
            name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items() if value
        }

    @classmethod
    def from_json(cls, wished: Mapping[str, Any]) -> "DeployOptions":
        """What `as_json` wrote."""
        links = tuple(InterfaceLink(**link) for link in wished.get("links", ()))
        known = {f.name for f in fields(cls)} - {"links", "tags"}
        rest = {name: value for name, value in wished.items() if name in known}
        return cls(links=links, tags=tuple(wished.get("tags", ())), **rest)


AS_IT_IS = DeployOptions()


def check_options(options: DeployOptions) -> None:
    """Raises Invalid with everything that is wrong whatever the region."""
    problems = [Problem(f"/{pointer}", said) for pointer, said in _faults(options)]
    if problems:
        raise Invalid("The deployment cannot be asked for like this.", problems=problems)


def _faults(options: DeployOptions) -> Iterator[tuple[str, str]]:
    if options.storage_layout and options.storage_layout not in STORAGE_LAYOUTS:
        yield "storage_layout", f"expected one of {', '.join(sorted(STORAGE_LAYOUTS))}"
    for name in ("kernel", "pool", "zone"):
        if (value := getattr(options, name)) and not _NAME.fullmatch(value):
            yield name, "has characters that no name in MAAS has"
    for index, tag in enumerate(options.tags):
        if not _TAG.fullmatch(tag):
            yield f"tags/{index}", "letters, digits, dots, hyphens and underscores only"
    for index, link in enumerate(options.links):
        for field, said in _link_faults(link):
            yield f"links/{index}/{field}", said
    taken = [link.interface for link in options.links]
    for name in sorted({name for name in taken if taken.count(name) > 1}):
        yield "links", f"{name} is linked twice"


def _link_faults(link: InterfaceLink) -> Iterator[tuple[str, str]]:
    if not link.interface:
        yield "interface", "is missing: a name or a MAC address"
    if not link.subnet:
        yield "subnet", "is missing: a CIDR or a name"
    if link.mode not in LINK_MODES:
        yield "mode", f"expected one of {', '.join(sorted(LINK_MODES))}"
    if link.ip_address and link.mode != "static":
        yield "ip_address", "only goes with mode static"
    if link.mode == "static" and not link.ip_address:
        yield "ip_address", "is missing: mode static needs one"
    if link.ip_address and not _is_address(link.ip_address):
        yield "ip_address", "is not an IP address"


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def parse_link(text: str) -> InterfaceLink:
    """`eth0=10.0.0.0/24`, `eth0=10.0.0.0/24,dhcp`, `52:54:00:…=dmz,static,10.0.0.7`. Raises Invalid."""
    interface, equals, rest = text.partition("=")
    parts: Sequence[str] = rest.split(",")
    if not equals or not 1 <= len(parts) <= 3:
        raise Invalid(f"'{text}' is not a link.", hint="Write it like eth0=10.0.0.0/24 or eth0=dmz,static,10.0.0.7.")
    subnet, mode, address = (*parts, "", "")[:3]
    return InterfaceLink(interface.strip(), subnet.strip(), mode.strip() or "auto", address.strip())
