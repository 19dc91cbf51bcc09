"""What MAAS answers, as far as Gough reads it. Unknown fields are ignored; null is accepted wherever MAAS sends it."""

import base64
import binascii
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter

from gough.adapters.maas.dates import parse_date
from gough.domain.machine_status import MachineStatus
from gough.domain.machines import MachineRecord
from gough.ports import Interface as PortInterface
from gough.ports import Link as PortLink
from gough.ports import ProvisionerEvent, ScriptResult

UNKNOWN = "Unknown"  # what MAAS writes for hardware facts it does not have


def _or_empty(value: Any) -> Any:
    return "" if value is None else value


def _or_zero(value: Any) -> Any:
    return 0 if value is None else value


Text = Annotated[str, BeforeValidator(_or_empty)]
Count = Annotated[int, BeforeValidator(_or_zero)]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Version(_Answer):
    version: str


class User(_Answer):
    username: str


class Named(_Answer):
    name: str


class LinkedSubnet(_Answer):
    cidr: Text = ""


class Link(_Answer):
    """How an interface is joined to a subnet; a discovered one has neither id nor mode, a link_up one no subnet."""

    id: Count = 0
    mode: Text = ""
    subnet: LinkedSubnet | None = None
    ip_address: Text = ""

    def link(self) -> PortLink:
        return PortLink(self.id, self.mode, self.subnet.cidr if self.subnet else "", self.ip_address)


class Interface(_Answer):
    id: Count = 0
    name: Text = ""
    type: Text = ""
    mac_address: Text = ""
    links: list[Link] = []
    discovered: list[Link] | None = None

    def addresses(self) -> list[str]:
        """Assigned addresses; where there is none (DHCP), the ones MAAS has seen."""
        assigned = [link.ip_address for link in self.links if link.ip_address]
        return assigned or [seen.ip_address for seen in self.discovered or () if seen.ip_address]

    def interface(self) -> PortInterface:
        links = tuple(link.link() for link in self.links)
        return PortInterface(self.id, self.name, self.type, self.mac_address, links)


class Power(_Answer):
    state: str


class HardwareInfo(_Answer):
    system_serial: Text = ""


class Machine(_Answer):
    """One machine of `GET machines/`: 77 fields there, these here. `memory` is MiB, `storage` MB."""

    system_id: str
    hostname: str
    status: MachineStatus
    fqdn: Text = ""
    status_message: Text = ""
    power_state: Text = "unknown"
    power_type: Text = ""
    architecture: Text = ""
    cpu_count: Count = 0
    memory: Count = 0
    storage: Annotated[float, BeforeValidator(_or_zero)] = 0.0
    zone: Named | None = None
    pool: Named | None = None
    owner: Text = ""
    osystem: Text = ""
    distro_series: Text = ""
    hwe_kernel: Text = ""
    description: Text = ""
    locked: bool = False
    hardware_uuid: Text = ""
    hardware_info: HardwareInfo | None = None
    tag_names: list[str] = []
    interface_set: list[Interface] = []
    owner_data: dict[str, Text] = {}

    def record(self) -> MachineRecord:
        serial = self.hardware_info.system_serial if self.hardware_info else ""
        return MachineRecord(
            system_id=self.system_id,
            hostname=self.hostname,
            status=self.status,
            fqdn=self.fqdn,
            status_message=self.status_message,
            power_state=self.power_state or "unknown",
            power_type=self.power_type,
            architecture=self.architecture,
            cpu_count=self.cpu_count,
            memory_mib=self.memory,
            storage_mb=self.storage,
            zone=self.zone.name if self.zone else "",
            pool=self.pool.name if self.pool else "",
            owner=self.owner,
            osystem=self.osystem,
            distro_series=self.distro_series,
            hwe_kernel=self.hwe_kernel,
            description=self.description,
            locked=self.locked,
            hardware_uuid=self.hardware_uuid,
            serial="" if serial == UNKNOWN else serial,
            tags=tuple(self.tag_names),
            mac_addresses=_unique(nic.mac_address for nic in self.interface_set if nic.type == "physical"),
            ip_addresses=_unique(address for nic in self.interface_set for address in nic.addresses()),
            owner_data=dict(self.owner_data),
        )


class Event(_Answer):
    """One of `GET events/?op=query`. `username` is "unknown" where no person caused it."""

    id: int
    node: Text = ""
    hostname: Text = ""
    type: Text = ""
    description: Text = ""
    level: Text = "INFO"
    username: Text = ""
    created: str

    def line(self) -> ProvisionerEvent:
        return ProvisionerEvent(
            id=self.id,
            system_id=self.node,
            hostname=self.hostname,
            type=self.type,
            description=self.description,
            level=self.level,
            username="" if self.username == "unknown" else self.username,
            created=parse_date(self.created),
        )


class EventPage(_Answer):
    events: list[Event]


class Device(_Answer):
    """A disk, or an interface: which it is shows in what it has."""

    name: Text = ""
    model: Text = ""
    serial: Text = ""
    mac_address: Text = ""

    def words(self) -> str:
        serial = f"serial {self.serial}" if self.serial else ""
        return ", ".join(filter(None, (self.name, self.model, serial, self.mac_address)))


class Parameter(_Answer):
    """What a script was given. `value` is a text where it is not a device, and where there are none yet: `all`."""

    type: Text = ""
    value: Device | Any = None


class Script(_Answer):
    """One script of a set. `output` is base64, and absent unless asked for."""

    name: str
    status_name: Text = ""
    exit_status: int | None = None
    output: Text = ""
    parameters: dict[str, Parameter] = {}

    def result(self, kind: str) -> ScriptResult:
        devices = [each.value.words() for each in self.parameters.values() if isinstance(each.value, Device)]
        output = _decoded(self.output)
        return ScriptResult(self.name, kind, self.status_name, self.exit_status, output, next(iter(devices), ""))


class ScriptSet(_Answer):
    """One of `GET nodes/{system_id}/results/`. `type_name` is Commissioning, Testing, Installation or Release."""

    type_name: Text = ""
    results: list[Script] = []

    def all_results(self) -> list[ScriptResult]:
        return [script.result(self.type_name.lower()) for script in self.results]


VERSION = TypeAdapter(Version)
USER = TypeAdapter(User)
MACHINE = TypeAdapter(Machine)
MACHINES = TypeAdapter(list[Machine])
MACHINE_OR_NULL: TypeAdapter[Machine | None] = TypeAdapter(Machine | None)
INTERFACE = TypeAdapter(Interface)
INTERFACES = TypeAdapter(list[Interface])
POWER = TypeAdapter(Power)
SYSTEM_IDS = TypeAdapter(list[str])
EVENT_PAGE = TypeAdapter(EventPage)
SCRIPT_SET = TypeAdapter(ScriptSet)
SCRIPT_SETS = TypeAdapter(list[ScriptSet])


def _unique(values: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except binascii.Error:
        return text
