"""`GET machines/?…`: which machines, and MAAS's refusals of filters it does not know."""

from collections.abc import Callable, Iterable

from werkzeug.datastructures import MultiDict

from gough.domain.machine_status import MachineStatus
from gough.lab.maas.core import Core
from gough.lab.maas.forms import MAC
from gough.lab.maas.machine import Machine
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
    "tags": lambda machine, values: values.issubset(machine.tags),
    "not_tags": lambda machine, values: values.isdisjoint(machine.tags),
    "arch": lambda machine, values: machine.architecture in values or machine.architecture.split("/")[0] in values,
}
STATUSES = frozenset(status.filter_name for status in MachineStatus)


def select(core: Core, args: MultiDict[str, str]) -> list[Machine]:
    """In the order of their creation. An unknown filter, status, zone, pool or tag is a 400."""
    wanted = {name: frozenset(args.getlist(name)) for name in args if name != "op"}
    wrong = {name: said for name, values in wanted.items() if (said := _problems(core, name, values))}
    if wrong:
        raise invalid(wrong)
    return [m for m in core.machines.values() if all(TESTS[name](m, values) for name, values in wanted.items())]


def _problems(core: Core, name: str, values: Iterable[str]) -> list[str]:
    if name not in TESTS:
        return ["No such constraint."]
    known_tags = {tag for machine in core.machines.values() for tag in machine.tags}
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
            single = {tag for value in values for tag in value.split(",")}
            missing = ", ".join(f"'{tag}'" for tag in sorted(single - known_tags))
            return [f"No such tag(s): {missing}."] if missing else []
    return []
