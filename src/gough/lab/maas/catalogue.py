"""What the region has besides machines: tags, pools, zones, networks, images, settings. Plain data and its start state.

Guarded by the region's lock. A fresh region: one set of images, one fabric with one VLAN that serves DHCP to one
subnet, one rack controller.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from gough.lab.maas.ids import Ids
from gough.lab.maas.images import BootResource, BootSource, first_resources, first_sources
from gough.lab.maas.machine import Machine
from gough.lab.maas.networks import FIRST_RACK, Networks
from gough.lab.maas.settings import SETTINGS, Setting


@dataclass(slots=True)
class Tag:
    """A `definition` is kept, but the lab has no lshw output it could match."""

    name: str
    definition: str = ""
    comment: str = ""
    kernel_opts: str = ""


@dataclass(slots=True)
class Group:
    """A zone or a resource pool."""

    id: int
    name: str
    description: str = ""


class Groups:
    """Zones or pools. What is added to `names` is one, from the next look on."""

    def __init__(self, default: Group) -> None:
        self.names = {default.name}
        self.default = default
        self._known = {default.name: default}
        self._ids = Ids(default.id + 1)

    def __iter__(self) -> Iterator[Group]:
        """In the order of their names, as MAAS lists them."""
        return iter([self[name] for name in sorted(self.names)])

    def __getitem__(self, name: str) -> Group:
        """Raises KeyError when there is none."""
        if name not in self.names:
            raise KeyError(name)
        if name not in self._known:
            self._known[name] = Group(next(self._ids), name)
        return self._known[name]

    def add(self, name: str, description: str) -> Group:
        self.names.add(name)
        made = self[name]
        made.description = description
        return made

    def rename(self, group: Group, name: str) -> None:
        self.delete(group)
        group.name = name
        self.names.add(name)
        self._known[name] = group

    def delete(self, group: Group) -> None:
        self.names.discard(group.name)
        self._known.pop(group.name, None)


@dataclass(frozen=True, slots=True)
class Rack:
    """`vids` are the VLANs it reaches, in whichever fabric."""

    system_id: str
    hostname: str
    vids: frozenset[int] = frozenset({0})


@dataclass(frozen=True, slots=True)
class SshKey:
    id: int
    key: str


@dataclass(slots=True)
class Catalogue:
    zones: Groups = field(default_factory=lambda: Groups(Group(1, "default")))
    pools: Groups = field(default_factory=lambda: Groups(Group(0, "default", "Default pool")))
    tags: dict[str, Tag] = field(default_factory=dict)
    racks: tuple[Rack, ...] = (Rack(FIRST_RACK, "rack-1"),)
    networks: Networks = field(default_factory=Networks)
    boot_resources: dict[int, BootResource] = field(default_factory=first_resources)
    boot_sources: dict[int, BootSource] = field(default_factory=first_sources)
    importing: bool = False
    settings: dict[str, Setting] = field(default_factory=lambda: dict(SETTINGS))
    ssh_keys: dict[int, SshKey] = field(default_factory=dict)
    ids: Iterator[int] = field(default_factory=lambda: Ids(1000))

    def all_tags(self, machines: Iterable[Machine]) -> dict[str, Tag]:
        """Those somebody made and those a machine was enlisted with."""
        for name in sorted({tag for machine in machines for tag in machine.tags}):
            self.tags.setdefault(name, Tag(name))
        return self.tags
