"""Creating and changing machines over the API: MAAS's fields and its words for what is wrong with them."""

import re
from typing import Any

from werkzeug.datastructures import MultiDict

from gough.domain.machine_status import MachineStatus
from gough.lab.maas import releases
from gough.lab.maas.core import Core
from gough.lab.maas.machine import Machine
from gough.lab.maas.wire import invalid, text

POWER_TYPES = ("manual", "ipmi", "virsh", "lxd", "redfish", "amt", "webhook")
NEEDS_ADDRESS = frozenset({"ipmi", "virsh", "lxd", "redfish", "amt"})
MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", re.IGNORECASE)
REQUIRED = "This field is required."
POWER_PREFIX = "power_parameters_"
_BAD_CHOICE = "Select a valid choice. That choice is not one of the available choices."

Form = MultiDict[str, str]
Problems = dict[str, list[str]]


def boolean(form: Form, name: str, *, default: bool) -> bool:
    given = form.get(name, "").lower()
    if not given:
        return default
    if given not in {"true", "false", "1", "0"}:
        raise text(400, f"Invalid {name}: Value should be 'true' or 'false'")
    return given in {"true", "1"}


def create_machine(core: Core, form: Form, user: str) -> Machine:
    """New, or with `deployed` Deployed and the user's own. Refused as MAAS refuses it, every wrong field named."""
    deployed = boolean(form, "deployed", default=False)
    start: dict[str, Any] = {"status": MachineStatus.DEPLOYED, "owner": user} if deployed else {}
    macs = tuple(mac.lower() for mac in form.getlist("mac_addresses") if mac)
    if any("," in mac for mac in macs):
        raise text(500, "'ValidationError' object has no attribute 'message'")  # MAAS trips over its own check
    architecture = _architecture(form)
    problems: Problems = {
        "architecture": _architecture_problems(core, architecture),
        "hostname": hostname_problems(core, form.get("hostname", ""), None),
        "mac_addresses": _mac_problems(core, macs),
        "power_type": _choice(form.get("power_type", "manual"), POWER_TYPES),
        "pool": [] if form.get("pool", "default") in core.pools else [_BAD_CHOICE],
        "zone": [] if form.get("zone", "default") in core.zones else [_BAD_CHOICE],
        "power_parameters": _power_problems(form),
        "min_hwe_kernel": releases.min_kernel_problems(core.catalogue, form.get("min_hwe_kernel", "")),
    }
    if macs and problems["mac_addresses"] and form.get("power_type") == "manual":
        problems["power_type"].append("Can't set power type to manual without network interfaces")
    raise_for(problems)
    number = core.next_number()
    return core.add(
        Machine(
            system_id=core.new_system_id(),
            number=number,
            hostname=form.get("hostname") or f"machine-{number:03}",
            architecture=architecture,
            mac_addresses=macs,
            power_type=form.get("power_type", "manual"),
            power_parameters=_power_parameters(form),
            zone=form.get("zone", "default"),
            pool=form.get("pool", "default"),
            description=form.get("description", ""),
            min_hwe_kernel=form.get("min_hwe_kernel", ""),
            **start,
        )
    )


def update_machine(core: Core, machine: Machine, form: Form) -> None:
    """Unknown fields are ignored, as MAAS does, and so is the domain. None of this leaves an event."""
    hostname, power_type = form.get("hostname", ""), form.get("power_type", machine.power_type)
    architecture = _architecture(form) or machine.architecture
    problems: Problems = {
        "architecture": _architecture_problems(core, architecture) if "architecture" in form else [],
        "hostname": hostname_problems(core, hostname, machine),
        "power_type": _choice(power_type, POWER_TYPES),
        "min_hwe_kernel": releases.min_kernel_problems(core.catalogue, form.get("min_hwe_kernel", "")),
        "pool": [] if form.get("pool", machine.pool) in core.pools else [_BAD_CHOICE],
        "zone": [] if form.get("zone", machine.zone) in core.zones else [_BAD_CHOICE],
    }
    raise_for(problems)
    _update_power(machine, form, power_type)
    machine.hostname, machine.architecture = hostname or machine.hostname, architecture
    for name in ("description", "pool", "zone", "min_hwe_kernel"):
        if name in form:
            setattr(machine, name, form[name])
    core.changed(machine)


def _update_power(machine: Machine, form: Form, power_type: str) -> None:
    """Parameters of the type that stays are kept where they are not given."""
    kept = machine.power_parameters if power_type == machine.power_type else {}
    given = kept | _power_parameters(form)
    if power_type in NEEDS_ADDRESS and not given:
        raise invalid({"power_parameters": [REQUIRED]})
    machine.power_type, machine.power_parameters = power_type, given


def _architecture(form: Form) -> str:
    given = form.get("architecture", "")
    return f"{given}/{releases.SUBARCHITECTURE}" if given and "/" not in given else given


def hostname_problems(core: Core, hostname: str, machine: Machine | None) -> list[str]:
    if not hostname:
        return []
    if "_" in hostname:
        return [f"Host label cannot contain underscore: '{hostname}'."]
    if hostname.startswith("-") or hostname.endswith("-"):
        return [f"Label cannot start or end with hyphen: '{hostname}'."]
    if not re.fullmatch(r"[A-Za-z0-9-]{1,63}", hostname):
        return [f"Invalid hostname: '{hostname}'."]
    taken = any(other.hostname == hostname for other in core.machines.values() if other is not machine)
    return ["Node with this Hostname already exists."] if taken else []


def _architecture_problems(core: Core, architecture: str) -> list[str]:
    return releases.architecture_problems(core.catalogue, architecture) if architecture else [REQUIRED]


def _mac_problems(core: Core, macs: tuple[str, ...]) -> list[str]:
    if not macs:
        return [REQUIRED]
    bad = [f"'{mac}' is not a valid MAC address." for mac in macs if not MAC.fullmatch(mac)]
    used = [
        f"MAC address {mac} already in use on {other.hostname}."
        for mac in macs
        for other in core.machines.values()
        if mac in other.mac_addresses
    ]
    return bad + used


def _choice(value: str, choices: tuple[str, ...]) -> list[str]:
    return [] if value in choices else [f"Select a valid choice. {value} is not one of the available choices."]


def _power_problems(form: Form) -> list[str]:
    needed = form.get("power_type") in NEEDS_ADDRESS
    return [REQUIRED] if needed and not _power_parameters(form) else []


def _power_parameters(form: Form) -> dict[str, str]:
    found = {name.removeprefix(POWER_PREFIX): form[name] for name in form if name.startswith(POWER_PREFIX)}
    return found or ({"json": form["power_parameters"]} if "power_parameters" in form else {})


def raise_for(problems: Problems) -> None:
    wrong = {field: said for field, said in problems.items() if said}
    if wrong:
        raise invalid(wrong)


def form_of_json(body: Any) -> Form:
    """Create and PUT read a JSON body like a form; operations do not."""
    form: Form = MultiDict()
    for name, value in (body if isinstance(body, dict) else {}).items():
        for item in value if isinstance(value, list) else [value]:
            form.add(name, str(item).lower() if isinstance(item, bool) else str(item))
    return form
