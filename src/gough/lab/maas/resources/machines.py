"""All machines: listing, creating, allocating, releasing many."""

from typing import Any

import orjson

from gough.domain.machine_status import MachineStatus
from gough.lab.maas import deploying
from gough.lab.maas.ask import Ask
from gough.lab.maas.call import Call, Resource
from gough.lab.maas.commissioning import start_commissioning
from gough.lab.maas.core import Core
from gough.lab.maas.filters import select
from gough.lab.maas.forms import boolean, create_machine
from gough.lab.maas.machine import Machine
from gough.lab.maas.machine_json import machine_json
from gough.lab.maas.parts_json import many_numa_nodes
from gough.lab.maas.power import BmcSilent, PowerError
from gough.lab.maas.releasing import release_all
from gough.lab.maas.wire import PLAIN_UTF8, Answer, json_answer, text

SILENT = "Unexpected exception: TimeoutError. See /var/log/maas/regiond.log on the region server for more information."


def read(core: Core, machine: Machine, machine_bytes: int) -> dict[str, Any]:
    """As the API shows it, and at least so long: a large machine has many NUMA nodes."""
    shown = machine_json(core, machine)
    missing = machine_bytes - len(orjson.dumps(shown))
    if missing > 0:
        shown["numanode_set"] = many_numa_nodes(machine.hardware, missing)
    return shown


def after(pending: deploying.Pending, answer: Answer) -> Answer:
    """The answer, once the power action it waits for is done, or what became of that."""
    try:
        if pending is not None:
            pending.result()
    except PowerError as error:
        return power_trouble(error)
    return answer


def power_trouble(error: PowerError) -> Answer:
    status, words = (504, SILENT) if isinstance(error, BmcSilent) else (503, str(error))
    return Answer(status, PLAIN_UTF8, words.encode())


def _list(call: Call) -> Answer:
    core, desk = call.region.core, call.region.desk
    with core.lock:
        found = [read(core, machine, desk.serving.machine_bytes) for machine in select(core, call.user, call.args)]
    desk.read(len(found))
    return json_answer(found)


def _power_parameters(call: Call) -> Answer:
    if not call.user.is_admin:
        raise text(403, "This method is reserved for admin users.")
    with call.region.core.lock:
        machines = call.region.core.machines.values()
        return json_answer({machine.system_id: machine.power_parameters for machine in machines})


def _create(call: Call) -> Answer:
    """Somebody who is no administrator can only propose a machine: it stays New."""
    core, ask = call.region.core, Ask(call.user, call.json_form or call.form)
    with core.lock:
        commission = boolean(ask.form, "commission", default=True) and call.user.is_admin
        machine = create_machine(core, ask.form, call.user.name)
        new = machine.status is MachineStatus.NEW
        pending = start_commissioning(core, machine, ask) if commission and new else None
        answer = json_answer(machine_json(core, machine))
    return after(pending, answer)


def _allocate(call: Call) -> Answer:
    core = call.region.core
    with core.lock:
        machine = deploying.allocate(core, Ask(call.user, call.form))
        core.calls["allocate", machine.system_id] += 1
        return json_answer(machine_json(core, machine))


def _release(call: Call) -> Answer:
    with call.region.core.lock:
        return json_answer(release_all(call.region.core, Ask(call.user, call.form)))


def _is_registered(call: Call) -> Answer:
    mac = call.args.get("mac_address", "").lower()
    with call.region.core.lock:
        return json_answer(any(mac in machine.mac_addresses for machine in call.region.core.machines.values()))


RESOURCES = (
    Resource(
        r"machines/", ("POST", "GET"),
        {
            ("GET", None): _list,
            ("GET", "power_parameters"): _power_parameters,
            ("GET", "is_registered"): _is_registered,
            ("POST", None): _create,
            ("POST", "allocate"): _allocate,
            ("POST", "release"): _release,
        },
        to_anonymous="deaf",
    ),
)  # fmt: skip
