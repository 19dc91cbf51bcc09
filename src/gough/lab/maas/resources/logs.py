"""Events and script results."""

from gough.lab.maas.call import Call, Resource
from gough.lab.maas.forms import boolean
from gough.lab.maas.scripts import TYPE_NUMBERS, ScriptSet, download, set_json
from gough.lab.maas.wire import Answer, binary, json_answer, not_found

CURRENT = {f"current-{kind.lower()}": kind for kind in TYPE_NUMBERS}


def _events(call: Call) -> Answer:
    with call.region.core.lock:
        return json_answer(call.region.core.events.query(call.args, call.user))


def _results(call: Call) -> Answer:
    wanted = call.args.get("type")
    with_output = boolean(call.args, "include_output", default=False)
    with call.region.core.lock:
        machine = call.machine()
        return json_answer(
            [
                set_json(machine.system_id, one, include_output=with_output)
                for one in machine.script_sets
                if wanted in {None, one.kind.lower(), str(TYPE_NUMBERS[one.kind])}
            ]
        )


def _set(call: Call) -> ScriptSet:
    """By its number, or the newest of a kind: current-commissioning, current-testing, current-installation."""
    machine = call.machine()
    numbered = {str(one.id): one for one in machine.script_sets}
    found = machine.current(CURRENT[call.id2]) if call.id2 in CURRENT else numbered.get(call.id2)
    if found is None:
        raise not_found("ScriptSet")
    return found


def _result(call: Call) -> Answer:
    with_output = boolean(call.args, "include_output", default=False)
    with call.region.core.lock:
        return json_answer(set_json(call.id, _set(call), include_output=with_output))


def _download(call: Call) -> Answer:
    with call.region.core.lock:
        return binary(download(_set(call)), "application/binary")


RESOURCES = (
    Resource(r"events/", ("GET",), {("GET", "query"): _events}),
    Resource(r"nodes/([^/]+)/results/", ("GET",), {("GET", None): _results}),
    Resource(
        r"nodes/([^/]+)/results/([^/]+)/",
        ("PUT", "GET", "DELETE"),
        {("GET", None): _result, ("GET", "download"): _download},
    ),
)
