"""Boot resources: the images a region has, one resource a release, architecture and kernel. https://maas.io/docs/api"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from gough.adapters.maas.catalogue.requests import part
from gough.adapters.maas.http import RegionHttp
from gough.adapters.maas.models import Text
from gough.ports import BootImage

BOOTLOADERS = frozenset({"pxe", "uefi", "open-firmware"})  # synced as well, but nothing to deploy
KERNELS = ("ga-", "hwe-")


@dataclass(frozen=True, slots=True)
class BootResource:
    """`type` is Synced or Uploaded, `name` like `ubuntu/noble`, `architecture` like `amd64/ga-24.04`."""

    id: int
    type: str
    name: str
    architecture: str
    title: Text = ""
    subarches: Text = ""
    last_deployed: Text = ""


@dataclass(frozen=True, slots=True)
class ResourceSet:
    """One version of an image. `size` is in bytes."""

    version: str
    label: Text = ""
    size: int = 0
    complete: bool = False


@dataclass(frozen=True, slots=True)
class BootResourceDetails(BootResource):
    """`sets` by version."""

    sets: dict[str, ResourceSet] | None = None


BOOT_RESOURCES = TypeAdapter(list[BootResource])
BOOT_RESOURCE = TypeAdapter(BootResourceDetails)
IMPORTING = TypeAdapter(bool)


class BootResources:
    def __init__(self, http: RegionHttp) -> None:
        self._http = http

    def list(self, *, type: str = "all") -> Sequence[BootResource]:
        """`type` is all, synced or uploaded."""
        return self._http.get("boot-resources/", BOOT_RESOURCES, {"type": type})

    def get(self, id: int) -> BootResourceDetails:
        return self._http.get(f"boot-resources/{part('boot resource', id)}/", BOOT_RESOURCE)

    def is_importing(self) -> bool:
        return self._http.get("boot-resources/", IMPORTING, {"op": "is_importing"})

    def import_(self) -> None:
        """Starts an import and does not wait for it."""
        self._http.post_plain("boot-resources/", {"op": "import"}, {})

    def stop_import(self) -> None:
        self._http.post_plain("boot-resources/", {"op": "stop_import"}, {})


def images(resources: Iterable[BootResource]) -> Sequence[BootImage]:
    """What can be deployed of these: one image a release and architecture, with the kernels it comes with."""
    kernels: dict[tuple[str, str], set[str]] = {}
    for resource in resources:
        if resource.name.rpartition("/")[2] in BOOTLOADERS:
            continue
        architecture, _, kernel = resource.architecture.partition("/")
        known = kernels.setdefault((resource.name, architecture), set())
        known.update({kernel} if kernel.startswith(KERNELS) else ())
    return [BootImage(name, arch, tuple(sorted(found))) for (name, arch), found in sorted(kernels.items())]
