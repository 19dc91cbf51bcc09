"""A deployment's options: looked at while nothing has been changed yet, applied while the machine is only allocated."""

from collections.abc import Iterator, Sequence

from gough.domain.deploy_options import DeployOptions, InterfaceLink
from gough.domain.errors import Problem
from gough.domain.machines import MachineRecord
from gough.ports import Interface, Provisioner, Subnet


def look(maas: Provisioner, system_id: str, series: str, options: DeployOptions) -> list[Problem]:
    """What the region does not have. Only reads."""
    return [Problem(f"/{pointer}", said) for pointer, said in _faults(maas, system_id, series, options)]


def _faults(maas: Provisioner, system_id: str, series: str, options: DeployOptions) -> Iterator[tuple[str, str]]:
    if options.pool and options.pool not in (pools := maas.pools()):
        yield "pool", f"there is none called '{options.pool}'; there are {_some(pools)}"
    if options.zone and options.zone not in (zones := maas.zones()):
        yield "zone", f"there is none called '{options.zone}'; there are {_some(zones)}"
    if options.kernel:
        kernels = {kernel for image in maas.images() if image.name == series for kernel in image.kernels}
        if options.kernel not in kernels:
            yield "kernel", f"the region has none called '{options.kernel}' for {series}; it has {_some(kernels)}"
    if options.links:
        interfaces, subnets = maas.interfaces(system_id), maas.subnets()
        for index, link in enumerate(options.links):
            if _interface(interfaces, link) is None:
                yield f"links/{index}/interface", f"the machine has none; it has {_some(i.name for i in interfaces)}"
            if _subnet(subnets, link) is None:
                yield f"links/{index}/subnet", f"the region has none; it has {_some(s.cidr for s in subnets)}"


def lay_out(maas: Provisioner, system_id: str, options: DeployOptions) -> None:
    """MAAS lays disks out only while a machine is Ready, so before it is allocated. May be repeated."""
    if options.storage_layout:
        maas.set_storage_layout(system_id, options.storage_layout)


def apply(maas: Provisioner, machine: MachineRecord, options: DeployOptions) -> None:
    """Make the allocated machine as wished. May be repeated; what is as wished already is left alone."""
    wished = {"pool": options.pool, "zone": options.zone}
    present = {"pool": machine.pool, "zone": machine.zone}
    if changes := {name: value for name, value in wished.items() if value and value != present[name]}:
        maas.update(machine.system_id, changes)
    if missing := [tag for tag in options.tags if tag not in machine.tags]:
        maas.set_tags(machine.system_id, add=missing)
    if options.links:
        _link(maas, machine.system_id, options.links)


def _link(maas: Provisioner, system_id: str, links: Sequence[InterfaceLink]) -> None:
    interfaces, subnets = maas.interfaces(system_id), maas.subnets()
    for link in links:
        interface, subnet = _interface(interfaces, link), _subnet(subnets, link)
        if interface is not None and subnet is not None and not _is_linked(interface, subnet, link):
            maas.link(system_id, interface.id, subnet=subnet.id, mode=link.mode, ip_address=link.ip_address)


def _is_linked(interface: Interface, subnet: Subnet, link: InterfaceLink) -> bool:
    have = [(one.subnet, one.mode) for one in interface.links]
    same_address = not link.ip_address or link.ip_address in {one.ip_address for one in interface.links}
    return have == [(subnet.cidr, link.mode)] and same_address


def _interface(interfaces: Sequence[Interface], link: InterfaceLink) -> Interface | None:
    named = {interface.name: interface for interface in interfaces}
    by_mac = {interface.mac_address.lower(): interface for interface in interfaces}
    return named.get(link.interface) or by_mac.get(link.interface.lower())


def _subnet(subnets: Sequence[Subnet], link: InterfaceLink) -> Subnet | None:
    by_cidr, named = {subnet.cidr: subnet for subnet in subnets}, {subnet.name: subnet for subnet in subnets}
    return by_cidr.get(link.subnet) or named.get(link.subnet)


def _some(names: Iterator[str] | frozenset[str] | set[str]) -> str:
    found = sorted(names)
    return ", ".join(found[:10]) + (" …" if len(found) > 10 else "") if found else "none"
