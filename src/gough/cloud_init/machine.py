"""What a template may know about the machine it is rendered for."""

from dataclasses import dataclass
from typing import Self

from gough.domain.machines import MachineRecord


@dataclass(frozen=True, slots=True)
class MachineContext:
    hostname: str
    fqdn: str
    system_id: str
    architecture: str = "amd64"
    zone: str = "default"
    pool: str = "default"
    tags: tuple[str, ...] = ()

    @classmethod
    def of(cls, machine: MachineRecord) -> Self:
        return cls(
            hostname=machine.hostname,
            fqdn=machine.fqdn or machine.hostname,
            system_id=machine.system_id,
            architecture=machine.architecture.partition("/")[0],  # MAAS says amd64/generic
            zone=machine.zone,
            pool=machine.pool,
            tags=machine.tags,
        )


EXAMPLE_MACHINE = MachineContext("example", "example.maas", "abc123")
"""Stands in where a template is checked for no machine in particular."""
