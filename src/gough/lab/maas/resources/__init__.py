"""Every resource of the region's API: one module a subject, each with its table. New ones are added here."""

from gough.lab.maas.call import Resource
from gough.lab.maas.resources import (
    account,
    boot_resources,
    boot_sources,
    configuration,
    controllers,
    fabrics,
    groups,
    interfaces,
    ip_ranges,
    logs,
    machine,
    machines,
    ssh_keys,
    subnets,
    system,
    tags,
    vlans,
)

_SUBJECTS = (
    system,
    account,
    machines,
    machine,
    interfaces,
    logs,
    tags,
    groups,
    fabrics,
    vlans,
    subnets,
    ip_ranges,
    boot_resources,
    boot_sources,
    configuration,
    ssh_keys,
    controllers,
)

RESOURCES: tuple[Resource, ...] = tuple(resource for subject in _SUBJECTS for resource in subject.RESOURCES)
