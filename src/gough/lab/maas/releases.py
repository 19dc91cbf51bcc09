"""What the region's images allow: which architectures, releases and kernels a machine may have."""

import re

from gough.lab.maas.catalogue import Catalogue
from gough.lab.maas.images import TITLES
from gough.lab.maas.machine import Machine

OSYSTEM = "ubuntu"
SUBARCHITECTURE = "generic"
_KERNEL = re.compile(r"(?:ga|hwe)-(\d\d\.\d\d)(?:-\w+)*")
_VERSION = re.compile(r"\d\d\.\d\d")


def architectures(catalogue: Catalogue) -> list[str]:
    found = {resource.architecture.split("/")[0] for resource in catalogue.boot_resources.values() if resource.title}
    return sorted(f"{name}/{SUBARCHITECTURE}" for name in found)


def releases(catalogue: Catalogue) -> list[str]:
    """`focal`, `jammy`, …"""
    prefix = f"{OSYSTEM}/"
    names = {resource.name for resource in catalogue.boot_resources.values() if resource.name.startswith(prefix)}
    return sorted(name.removeprefix(prefix) for name in names)


def kernels(catalogue: Catalogue, release: str, architecture: str) -> list[str]:
    """Those of a release, oldest first: `ga-22.04`, `hwe-22.04`."""
    wanted = architecture.split("/", maxsplit=1)[0]
    found = {
        kernel
        for resource in catalogue.boot_resources.values()
        for machine, _, kernel in [resource.architecture.partition("/")]
        if resource.name == f"{OSYSTEM}/{release}" and machine == wanted
    }
    return sorted(found, key=lambda kernel: (_version(kernel), kernel))


def all_kernels(catalogue: Catalogue) -> list[str]:
    found = {resource.architecture.partition("/")[2] for resource in catalogue.boot_resources.values()}
    return sorted((kernel for kernel in found if _KERNEL.fullmatch(kernel)), key=lambda name: (_version(name), name))


def architecture_problems(catalogue: Catalogue, architecture: str) -> list[str]:
    known = architectures(catalogue)
    return [] if architecture in known else [_not_one_of(architecture, "architecture", known or [""])]


def release_problems(catalogue: Catalogue, given: str) -> list[str]:
    known = releases(catalogue)
    if given.removeprefix(f"{OSYSTEM}/") in known:
        return []
    return [_not_one_of(given, "distro_series", ["", *(f"{OSYSTEM}/{name}" for name in known)])]


def kernel_problems(catalogue: Catalogue, machine: Machine, release: str, given: str) -> list[str]:
    """What is no kernel's name at all, MAAS ignores."""
    if _KERNEL.fullmatch(given) and given not in kernels(catalogue, release, machine.architecture):
        return [f"{given} is not available for {OSYSTEM}/{release} on {machine.architecture}."]
    if _KERNEL.fullmatch(given) and _version(given) < _version(machine.min_hwe_kernel):
        return [f"hwe_kernel({given}) is older than min_hwe_kernel({machine.min_hwe_kernel})."]
    if not _KERNEL.fullmatch(given) and machine.min_hwe_kernel and not _new_enough(catalogue, machine, release):
        return [f"{release} has no kernels available which meet min_hwe_kernel({machine.min_hwe_kernel})."]
    return []


def min_kernel_problems(catalogue: Catalogue, given: str) -> list[str]:
    known = ["", *all_kernels(catalogue)]
    return [] if given in known else [_not_one_of(given, "min_hwe_kernel", known)]


def kernel_for(catalogue: Catalogue, machine: Machine, release: str, given: str) -> str:
    """The one that is installed: as asked for, else the first that is new enough, else the release's own."""
    if _KERNEL.fullmatch(given):
        return given
    return next(iter(_new_enough(catalogue, machine, release)), f"ga-{TITLES.get(release, release)}")


def _new_enough(catalogue: Catalogue, machine: Machine, release: str) -> list[str]:
    usable = kernels(catalogue, release, machine.architecture)
    return [kernel for kernel in usable if _version(kernel) >= _version(machine.min_hwe_kernel)]


def _version(kernel: str) -> str:
    found = _VERSION.search(kernel)
    return found[0] if found else ""


def _not_one_of(given: str, field: str, choices: list[str]) -> str:
    named = ", ".join(f"'{choice}'" for choice in choices)
    return f"'{given}' is not a valid {field}.  It should be one of: {named}."
