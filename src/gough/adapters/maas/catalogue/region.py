"""Everything a region has besides machines, one attribute a subject."""

from collections.abc import Sequence

from gough.adapters.maas.catalogue.boot_resources import BootResources, images
from gough.adapters.maas.catalogue.boot_sources import BootSources
from gough.adapters.maas.catalogue.configuration import Configuration
from gough.adapters.maas.catalogue.domains import Domains
from gough.adapters.maas.catalogue.fabrics import Fabrics
from gough.adapters.maas.catalogue.ip_ranges import IpRanges
from gough.adapters.maas.catalogue.networks import networks
from gough.adapters.maas.catalogue.pools import Pools
from gough.adapters.maas.catalogue.rack_controllers import RackControllers
from gough.adapters.maas.catalogue.ssh_keys import SshKeys
from gough.adapters.maas.catalogue.subnets import Subnets
from gough.adapters.maas.catalogue.tags import TagChange, Tags
from gough.adapters.maas.catalogue.vlans import Vlans
from gough.adapters.maas.catalogue.zones import Zones
from gough.adapters.maas.http import RegionHttp
from gough.domain.errors import Invalid, NotFound
from gough.ports import BootImage, Network


class Catalogue:
    """The part of `Provisioner` that is not about one machine; `pools()`, `zones()` and `subnets()` are calls, too."""

    def __init__(self, http: RegionHttp) -> None:
        self._http = http
        self.tags = Tags(http)
        self.pools = Pools(http)
        self.zones = Zones(http)
        self.domains = Domains(http)
        self.fabrics = Fabrics(http)
        self.subnets = Subnets(http)
        self.ip_ranges = IpRanges(http)
        self.boot_resources = BootResources(http)
        self.boot_sources = BootSources(http)
        self.configuration = Configuration(http)
        self.ssh_keys = SshKeys(http)
        self.rack_controllers = RackControllers(http)

    def vlans(self, fabric: int | str) -> Vlans:
        return Vlans(self._http, fabric)

    def networks(self) -> Sequence[Network]:
        return networks(self.fabrics.list(), self.subnets.list(), self.ip_ranges.list())

    def images(self) -> Sequence[BootImage]:
        return images(self.boot_resources.list(type="synced"))

    def set_tags(self, system_id: str, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> None:
        """Not one step: when it fails, the tags before the failing one are changed already."""
        for name in add:
            self._check(system_id, self._add_tag(name, system_id).added)
        for name in remove:
            try:
                self._check(system_id, self.tags.update_nodes(name, remove=[system_id]).removed)
            except NotFound:
                if any(tag.name == name for tag in self.tags.list()):
                    raise

    def _add_tag(self, name: str, system_id: str) -> TagChange:
        try:
            return self.tags.update_nodes(name, add=[system_id])
        except NotFound:
            self._make_tag(name)
        return self.tags.update_nodes(name, add=[system_id])

    def _make_tag(self, name: str) -> None:
        try:
            self.tags.create(name)
        except Invalid:
            if all(tag.name != name for tag in self.tags.list()):  # else somebody made it in the meantime
                raise

    @staticmethod
    def _check(system_id: str, changed: int) -> None:
        if not changed:
            raise NotFound(f"MAAS: there is no machine {system_id}.")
