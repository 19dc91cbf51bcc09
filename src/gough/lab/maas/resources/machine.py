"""One machine: reading it in all its forms, changing it, and the operations on it."""

import bson
import yaml

from gough.domain.machine_status import MachineStatus
from gough.lab.maas import operations
from gough.lab.maas.ask import Ask
from gough.lab.maas.call import Call, Resource
from gough.lab.maas.curtin_config import curtin_config
from gough.lab.maas.forms import update_machine
from gough.lab.maas.machine_json import machine_json
from gough.lab.maas.power import PowerError, Telling
from gough.lab.maas.resources.machines import after, power_trouble, read
from gough.lab.maas.scripts import COMMISSIONING
from gough.lab.maas.users import Permission
from gough.lab.maas.wire import PLAIN, Answer, binary, deleted, json_answer, text

S = MachineStatus
DETAILS = {"lldp": "maas-capture-lldpd", "lshw": "maas-lshw"}  # part: the commissioning script that writes it
HAS_CURTIN_CONFIG = frozenset({S.DEPLOYING, S.DEPLOYED, S.FAILED_DEPLOYMENT})


def _read(call: Call) -> Answer:
    core, desk = call.region.core, call.region.desk
    with core.lock:
        found = read(core, call.machine(), desk.serving.machine_bytes)
    desk.read(1)
    return json_answer(found)


def _update(call: Call) -> Answer:
    core = call.region.core
    with core.lock:
        machine = call.machine(Permission.ADMIN)
        update_machine(core, machine, call.json_form or call.form)
        return json_answer(machine_json(core, machine))


def _delete(call: Call) -> Answer:
    core = call.region.core
    with core.lock:
        machine = call.machine(Permission.ADMIN)
        del core.machines[machine.system_id]
        core.events.forget(machine)
        core.changed(machine)
        return deleted()


def _operate(call: Call) -> Answer:
    """Answers the machine as it was at commit, after the power action that MAAS itself waits for."""
    core, op = call.region.core, call.op or ""
    with core.lock:
        machine = call.machine(operations.OPERATIONS[op][1])
        pending = operations.operate(core, machine, Ask(call.user, call.form), op)
        unswitched = op == "power_off" and machine.power_type == "manual"
        answer = json_answer(None if unswitched else machine_json(core, machine))
    return after(pending, answer)


def _query_power_state(call: Call) -> Answer:
    core = call.region.core
    with core.lock:
        machine = call.machine()
        believed = "unknown" if machine.power_type == "manual" else machine.power_state
    if machine.power_type == "manual" or not isinstance(core.power, Telling):
        return json_answer({"state": believed})
    try:
        told = core.power.state(machine.system_id)
    except PowerError as error:
        return power_trouble(error)
    with core.lock:
        machine.power_state = told
        core.changed(machine)
    return json_answer({"state": told})


def _power_parameters(call: Call) -> Answer:
    with call.region.core.lock:
        return json_answer(call.machine(Permission.ADMIN_READ).power_parameters)


def _details(call: Call) -> Answer:
    with call.region.core.lock:
        one = call.machine().current(COMMISSIONING)
        found = {part: one.named(script) if one else None for part, script in DETAILS.items()}
        return binary(
            bson.encode({part: script and script.output for part, script in found.items()}), "application/bson"
        )


def _curtin_config(call: Call) -> Answer:
    with call.region.core.lock:
        machine = call.machine()
        if machine.status not in HAS_CURTIN_CONFIG:
            raise text(400, f"Machine {machine.hostname} is not in a deployment state.")
        return binary(yaml.safe_dump(curtin_config(machine), default_flow_style=False).encode(), PLAIN)


RESOURCES = (
    Resource(
        r"machines/([^/]+)/", ("PUT", "POST", "GET", "DELETE"),
        {
            ("GET", None): _read,
            ("GET", "details"): _details,
            ("GET", "get_curtin_config"): _curtin_config,
            ("GET", "query_power_state"): _query_power_state,
            ("GET", "power_parameters"): _power_parameters,
            ("PUT", None): _update,
            ("DELETE", None): _delete,
            **{("POST", name): _operate for name in operations.OPERATIONS},
        },
    ),
)  # fmt: skip
