"""A machine's interfaces, and what joins them to subnets."""

from dataclasses import replace

from gough.lab.maas.call import Call, Resource
from gough.lab.maas.forms import REQUIRED, raise_for
from gough.lab.maas.linking import CHANGES
from gough.lab.maas.machine import Machine, Nic
from gough.lab.maas.parts_json import interface, interfaces
from gough.lab.maas.users import Permission
from gough.lab.maas.wire import Answer, json_answer, not_found


def _nic(call: Call, machine: Machine) -> Nic:
    """By its number or its name."""
    for nic in machine.nics:
        if call.id2 in {str(nic.id), nic.name}:
            return nic
    raise not_found("Interface")


def _list(call: Call) -> Answer:
    core = call.region.core
    with core.lock:
        return json_answer(interfaces(core.catalogue.networks, call.machine()))


def _read(call: Call) -> Answer:
    core = call.region.core
    with core.lock:
        machine = call.machine()
        return json_answer(interface(core.catalogue.networks, machine, _nic(call, machine)))


def _rename(call: Call) -> Answer:
    core, form = call.region.core, call.json_form or call.form
    with core.lock:
        machine = call.machine(Permission.ADMIN)
        nic = _nic(call, machine)
        named = replace(nic, name=form.get("name", nic.name))
        raise_for({"name": [] if named.name else [REQUIRED]})
        machine.nics = tuple(named if one.id == nic.id else one for one in machine.nics)
        core.changed(machine)
        return json_answer(interface(core.catalogue.networks, machine, named))


def _change(call: Call) -> Answer:
    core = call.region.core
    with core.lock:
        machine = call.machine(Permission.ADMIN)
        nic = CHANGES[call.op or ""](core, machine, _nic(call, machine), call.form)
        return json_answer(interface(core.catalogue.networks, machine, nic))


RESOURCES = (
    Resource(r"nodes/([^/]+)/interfaces/", ("POST", "GET"), {("GET", None): _list}),
    Resource(
        r"nodes/([^/]+)/interfaces/([^/]+)/",
        ("PUT", "POST", "GET", "DELETE"),
        {("GET", None): _read, ("PUT", None): _rename, **{("POST", name): _change for name in CHANGES}},
    ),
)
