"""`GET machines/?…`: which machines, and MAAS's refusals of filters it does not know."""

from collections.abc import Callable, Iterable

from werkzeug.datastructures import MultiDict

from gough.domain.machine_status import MachineStatus
from gough.lab.maas.core import Core
from gough.lab.maas.forms import MAC
from gough.lab.maas.machine import Machine
from gough.lab.maas.users import Permission, User, may
from gough.lab.maas.wire import invalid

Values = frozenset[str]
Test = Callable[[Machine, Values], bool]

# Repeats are ORed, except tags, which are ANDed.
TESTS: dict[str, Test] = {
    "id": lambda machine, values: machine.system_id in values,
    "hostname": lambda machine, values: machine.hostname in values,
    "mac_address": lambda machine, values: not values.isdisjoint(machine.mac_addresses),
    "status": lambda machine, values: machine.status.filter_name in values,
    "agent_name": lambda machine, values: machine.agent_name in values,
    "owner": lambda machine, values: (machine.owner or "") in values,
    "zone": lambda machine, values: machine.zone in values,
    "pool": lambda machine, values: machine.pool in values,
    "tags": lambda machine, values: _single(values).issubset(machine.tags),
    "not_tags": lambda machine, values: _single(values).isdisjoint(machine.tags),
    "cpu_count": lambda machine, values: machine.hardware is not None and str(machine.hardware.cpu_count) in values,
    "domain": lambda _, values: DOMAIN in values,
    "arch": lambda machine, values: machine.architecture in values or machine.architecture.split("/")[0] in values,
}
DOMAIN = "maas"
STATUSES = frozenset(status.filter_name for status in MachineStatus)


def _single(values: Iterable[str]) -> set[str]:
    """Tags may stand in one value, with commas between them."""
    return {tag for value in values for tag in value.split(",")}


def select(core: Core, user: User, args: MultiDict[str, str]) -> list[Machine]:
    """Those the user may see, in the order of their creation. An unknown filter, status, zone, pool or tag is a 400."""
    wanted = {name: frozenset(args.getlist(name)) for name in args if name != "op"}
    wrong = {name: said for name, values in wanted.items() if (said := problems(core, name, values))}
    if wrong:
        raise invalid(wrong)
    seen = (machine for machine in core.machines.values() if may(user, machine, Permission.VIEW))
    return [machine for machine in seen if all(TESTS[name](machine, values) for name, values in wanted.items())]


def problems(core: Core, name: str, values: Iterable[str]) -> list[str]:
    if name not in TESTS:
        return ["No such constraint."]
    match name:
        case "status":
            bad = [value for value in values if value not in STATUSES]
            return [f"Select a valid choice. {value} is not one of the available choices." for value in bad]
        case "mac_address":
            return [f"'{value}' is not a valid MAC address." for value in values if not MAC.fullmatch(value)]
        case "zone" | "pool":
            known = core.zones if name == "zone" else core.pools
            missing = ", ".join(sorted(value for value in values if value not in known))
            return [f"No such {name}(s): {missing}."] if missing else []
        case "tags" | "not_tags":
            known_tags = core.catalogue.all_tags(core.machines.values())
            missing = ", ".join(f"'{tag}'" for tag in sorted(_single(values) - known_tags.keys()))
            return [f"No such tag(s): {missing}."] if missing else []
    return []
