"""Creating and changing machines over the API: MAAS's fields and its words for what is wrong with them."""

import re
from typing import Any

from werkzeug.datastructures import MultiDict

from gough.lab.maas.core import Core
from gough.lab.maas.machine import Machine
from gough.lab.maas.wire import invalid, text

ARCHITECTURES = ("amd64/generic", "arm64/generic", "ppc64el/generic")
POWER_TYPES = ("manual", "ipmi", "virsh", "lxd", "redfish", "amt", "webhook")
NEEDS_ADDRESS = frozenset({"ipmi", "virsh", "lxd", "redfish", "amt"})
MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", re.IGNORECASE)
REQUIRED = "This field is required."
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


def create_machine(core: Core, form: Form) -> Machine:
    """A machine in status New. Refused as MAAS refuses it, every wrong field named."""
    macs = tuple(mac.lower() for mac in form.getlist("mac_addresses") if mac)
    if any("," in mac for mac in macs):
        raise text(500, "'ValidationError' object has no attribute 'message'")  # MAAS trips over its own check
    architecture = form.get("architecture", "")
    if architecture and "/" not in architecture:
        architecture += "/generic"
    problems: Problems = {
        "architecture": _architecture_problems(architecture),
        "hostname": hostname_problems(core, form.get("hostname", ""), None),
        "mac_addresses": _mac_problems(core, macs),
        "power_type": _choice(form.get("power_type", "manual"), POWER_TYPES),
        "pool": [] if form.get("pool", "default") in core.pools else [_BAD_CHOICE],
        "zone": [] if form.get("zone", "default") in core.zones else [_BAD_CHOICE],
        "power_parameters": _power_problems(form),
    }
    if macs and problems["mac_addresses"] and form.get("power_type") == "manual":
        problems["power_type"].append("Can't set power type to manual without network interfaces")
    _raise_for(problems)
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
        )
    )


def update_machine(core: Core, machine: Machine, form: Form) -> None:
    """Unknown fields are ignored, as MAAS does. None of this leaves an event."""
    hostname = form.get("hostname", "")
    problems: Problems = {
        "hostname": hostname_problems(core, hostname, machine),
        "pool": [] if form.get("pool", machine.pool) in core.pools else [_BAD_CHOICE],
        "zone": [] if form.get("zone", machine.zone) in core.zones else [_BAD_CHOICE],
    }
    _raise_for(problems)
    machine.hostname = hostname or machine.hostname
    for name in ("description", "pool", "zone"):
        if name in form:
            setattr(machine, name, form[name])


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


def _architecture_problems(architecture: str) -> list[str]:
    if not architecture:
        return [REQUIRED]
    if architecture in ARCHITECTURES:
        return []
    choices = ", ".join(f"'{name}'" for name in ARCHITECTURES)
    return [f"'{architecture}' is not a valid architecture.  It should be one of: {choices}."]


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
    prefix = "power_parameters_"
    found = {name.removeprefix(prefix): value for name, value in form.items() if name.startswith(prefix)}
    return found or ({"json": form["power_parameters"]} if "power_parameters" in form else {})


def _raise_for(problems: Problems) -> None:
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
