"""Events and script results."""

from gough.lab.maas.call import Call, Resource
from gough.lab.maas.forms import boolean
from gough.lab.maas.scripts import TYPE_NUMBERS, set_json
from gough.lab.maas.wire import Answer, json_answer


def _events(call: Call) -> Answer:
    with call.region.core.lock:
        return json_answer(call.region.core.events.query(call.args))


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


RESOURCES = (
    Resource(r"events/", ("GET",), {("GET", "query"): _events}),
    Resource(r"nodes/([^/]+)/results/", ("GET",), {("GET", None): _results}),
)
