"""Machines: listing, one, and the operations on it."""

from gough.lab.maas import operations
from gough.lab.maas.call import Call, Resource
from gough.lab.maas.filters import select
from gough.lab.maas.forms import boolean, create_machine, update_machine
from gough.lab.maas.machine_json import machine_json
from gough.lab.maas.power import PowerError
from gough.lab.maas.wire import PLAIN_UTF8, Answer, deleted, json_answer


def _list(call: Call) -> Answer:
    with call.region.core.lock:
        return json_answer([machine_json(machine) for machine in select(call.region.core, call.args)])


def _power_parameters(call: Call) -> Answer:
    with call.region.core.lock:
        machines = call.region.core.machines.values()
        return json_answer({machine.system_id: machine.power_parameters for machine in machines})


def _create(call: Call) -> Answer:
    core, form = call.region.core, call.json_form or call.form
    with core.lock:
        commission = boolean(form, "commission", default=True)
        machine = create_machine(core, form)
        pending = operations.start_commissioning(core, machine, with_tests=True) if commission else None
        answer = json_answer(machine_json(machine))
    return _after(pending, answer)


def _allocate(call: Call) -> Answer:
    core = call.region.core
    with core.lock:
        machine = operations.allocate(core, call.form)
        core.calls["allocate", machine.system_id] += 1
        return json_answer(machine_json(machine))


def _read(call: Call) -> Answer:
    with call.region.core.lock:
        return json_answer(machine_json(call.machine()))


def _update(call: Call) -> Answer:
    with call.region.core.lock:
        machine = call.machine()
        if machine.locked:
            raise operations.denied()
        update_machine(call.region.core, machine, call.json_form or call.form)
        return json_answer(machine_json(machine))


def _delete(call: Call) -> Answer:
    core = call.region.core
    with core.lock:
        machine = call.machine()
        if machine.locked:
            raise operations.denied()
        del core.machines[machine.system_id]
        core.events.forget(machine)
        return deleted()


def _operate(call: Call) -> Answer:
    """Answers the machine as it was at commit, after the power action that MAAS itself waits for."""
    core, op = call.region.core, call.op or ""
    with core.lock:
        machine = call.machine()
        if machine.locked and op in operations.REFUSED_WHEN_LOCKED:
            raise operations.denied()
        pending = operations.OPERATIONS[op](core, machine, call.form)
        core.calls[op, machine.system_id] += 1
        unswitched = op == "power_off" and machine.power_type == "manual"
        answer = json_answer(None if unswitched else machine_json(machine))
    return _after(pending, answer)


def _after(pending: operations.Pending, answer: Answer) -> Answer:
    try:
        if pending is not None:
            pending.result()
    except PowerError as error:
        return Answer(503, PLAIN_UTF8, str(error).encode())
    return answer


def _query_power_state(call: Call) -> Answer:
    with call.region.core.lock:
        machine = call.machine()
        return json_answer({"state": "unknown" if machine.power_type == "manual" else machine.power_state})


def _one_power_parameters(call: Call) -> Answer:
    with call.region.core.lock:
        return json_answer(call.machine().power_parameters)


RESOURCES = (
    Resource(
        r"machines/", ("POST", "GET"),
        {
            ("GET", None): _list,
            ("GET", "power_parameters"): _power_parameters,
            ("POST", None): _create,
            ("POST", "allocate"): _allocate,
        },
        to_anonymous="deaf",
    ),
    Resource(
        r"machines/([^/]+)/", ("PUT", "POST", "GET", "DELETE"),
        {
            ("GET", None): _read,
            ("GET", "query_power_state"): _query_power_state,
            ("GET", "power_parameters"): _one_power_parameters,
            ("PUT", None): _update,
            ("DELETE", None): _delete,
            **{("POST", name): _operate for name in operations.OPERATIONS},
        },
    ),
)  # fmt: skip
