"""The region's API as a WSGI application: which path and operation does what, refused in MAAS's words.

Paths end in a slash and a missing one is not forgiven; an operation is `?op=x`, `op=x` in the form, or `op-x` as the
last part of the path.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Request, Response

from gough.lab.maas import operations
from gough.lab.maas.filters import select
from gough.lab.maas.forms import Form, boolean, create_machine, form_of_json, update_machine
from gough.lab.maas.machine import Machine
from gough.lab.maas.machine_json import machine_json
from gough.lab.maas.power import PowerError
from gough.lab.maas.region import Region
from gough.lab.maas.scripts import TYPE_NUMBERS, set_json
from gough.lab.maas.wire import (
    PLAIN_UTF8,
    PREFIX,
    Answer,
    Refusal,
    deleted,
    forbidden_to_anonymous,
    json_answer,
    method_not_allowed,
    not_found,
    text,
    unknown_endpoint,
)

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


@dataclass(frozen=True, slots=True)
class Call:
    """One request, taken apart. `id` is the system_id in its path, or empty."""

    region: Region
    method: str
    id: str
    op: str | None
    args: MultiDict[str, str]
    form: Form
    json_form: Form  # a JSON body, which only create and PUT read

    def machine(self) -> Machine:
        found = self.region.core.machines.get(self.id)
        if found is None:
            raise not_found("Machine")
        return found


Handler = Callable[[Call], Answer]


def application(region: Region) -> Callable[["WSGIEnvironment", "StartResponse"], Iterable[bytes]]:
    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        try:
            answer = _answer(region, request)
        except Refusal as refusal:
            answer = refusal.answer
        except Exception as error:  # MAAS, too, answers its own mistakes with their text
            answer = Answer(500, PLAIN_UTF8, str(error).encode())
        response = Response(answer.body, status=answer.status, headers=answer.all_headers())
        return response(environ, start_response)

    return app


def _answer(region: Region, request: Request) -> Answer:
    path, op = _path_and_op(request)
    if region.intercept is not None and (instead := region.intercept(request.method, path, op)) is not None:
        status, words = instead
        raise text(status, words)
    resource = _resource(path)
    if resource is None:
        raise unknown_endpoint(request.path)
    name, handlers, allowed = resource
    with region.core.lock:
        known = region.keys.authenticate(request.headers.get("Authorization"))
    if not known and name not in ANONYMOUS:
        raise forbidden_to_anonymous()
    if request.method not in allowed:
        raise method_not_allowed(", ".join(allowed))
    handler = handlers.get((request.method, op))
    if request.method == "POST" and name == "machine" and op in operations.OPERATIONS:
        handler = _operate
    if handler is None or (not known and name == "machines"):
        raise text(400, f"Unrecognised signature: method={request.method} op={op}")
    body = form_of_json(request.get_json(silent=True)) if request.is_json else MultiDict()
    found = re.search(r"(?:machines|nodes)/([^/]+)/", path)
    system_id = found[1] if found else ""
    return handler(Call(region, request.method, system_id, op, request.args, request.form, body))


def _path_and_op(request: Request) -> tuple[str, str | None]:
    """The path below api/2.0/ and the operation; a path outside of it is an unknown endpoint."""
    if not request.path.startswith(PREFIX):
        raise unknown_endpoint(request.path)
    path = request.path.removeprefix(PREFIX)
    in_path = re.fullmatch(r"(.+/)op-(\w+)", path)
    if in_path:
        return in_path[1], in_path[2]
    return path, request.args.get("op") or request.form.get("op")


def _resource(path: str) -> tuple[str, Mapping[tuple[str, str | None], Handler], tuple[str, ...]] | None:
    for pattern, name in RESOURCES.items():
        if re.fullmatch(pattern, path):
            return name, HANDLERS[name], ALLOWED[name]
    return None


def _version(call: Call) -> Answer:
    capabilities = ["networks-management", "devices-management", "storage-deployment-ubuntu", "authenticate-api"]
    return json_answer({"capabilities": capabilities, "version": call.region.version, "subversion": ""})


def _whoami(call: Call) -> Answer:
    name = call.region.username
    uri = f"/MAAS/api/2.0/users/{name}/"
    user = {"is_superuser": True, "username": name, "email": f"{name}@lab.test", "is_local": True, "resource_uri": uri}
    return json_answer(user)


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


RESOURCES: Mapping[str, str] = {
    r"version/": "version",
    r"users/": "users",
    r"machines/": "machines",
    r"machines/[^/]+/": "machine",
    r"events/": "events",
    r"nodes/[^/]+/results/": "results",
}
ALLOWED: Mapping[str, tuple[str, ...]] = {
    "version": ("GET",),
    "users": ("POST", "GET"),
    "machines": ("POST", "GET"),
    "machine": ("PUT", "POST", "GET", "DELETE"),
    "events": ("GET",),
    "results": ("GET",),
}
ANONYMOUS = frozenset({"version", "machines"})  # the second answers an anonymous caller, but knows no operation
HANDLERS: Mapping[str, Mapping[tuple[str, str | None], Handler]] = {
    "version": {("GET", None): _version},
    "users": {("GET", "whoami"): _whoami},
    "machines": {
        ("GET", None): _list,
        ("GET", "power_parameters"): _power_parameters,
        ("POST", None): _create,
        ("POST", "allocate"): _allocate,
    },
    "machine": {
        ("GET", None): _read,
        ("GET", "query_power_state"): _query_power_state,
        ("GET", "power_parameters"): _one_power_parameters,
        ("PUT", None): _update,
        ("DELETE", None): _delete,
    },
    "events": {("GET", "query"): _events},
    "results": {("GET", None): _results},
}
