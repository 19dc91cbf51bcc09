"""The region's API as a WSGI application: finding what a path and operation mean, and refusing in MAAS's words.

Paths end in a slash and a missing one is not forgiven; an operation is `?op=x`, `op=x` in the form, or `op-x` as the
last part of the path.
"""

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Request, Response

from gough.lab.maas.call import Call, Resource
from gough.lab.maas.forms import form_of_json
from gough.lab.maas.region import Region
from gough.lab.maas.resources import RESOURCES
from gough.lab.maas.users import User
from gough.lab.maas.wire import (
    PLAIN_UTF8,
    PREFIX,
    Answer,
    Refusal,
    forbidden_to_anonymous,
    method_not_allowed,
    text,
    unknown_endpoint,
)

NOBODY = User("", is_admin=False)

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


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
    found = _resource(path)
    if found is None:
        raise unknown_endpoint(request.path)
    resource, names = found
    with region.core.lock:
        user = region.keys.authenticate(request.headers.get("Authorization"))
    if user is None and resource.to_anonymous == "forbidden":
        raise forbidden_to_anonymous()
    if request.method not in resource.allowed:
        raise method_not_allowed(", ".join(resource.allowed))
    handler = resource.handlers.get((request.method, op))
    if handler is None or (user is None and resource.to_anonymous == "deaf"):
        raise text(400, f"Unrecognised signature: method={request.method} op={op}")
    body = form_of_json(request.get_json(silent=True)) if request.is_json else MultiDict()
    region.desk.let_pass()
    return handler(Call(region, request.method, *names, op, request.args, request.form, body, user or NOBODY))


def _path_and_op(request: Request) -> tuple[str, str | None]:
    """The path below api/2.0/ and the operation; a path outside of it is an unknown endpoint."""
    if not request.path.startswith(PREFIX):
        raise unknown_endpoint(request.path)
    path = request.path.removeprefix(PREFIX)
    in_path = re.fullmatch(r"(.+/)op-(\w+)", path)
    if in_path:
        return in_path[1], in_path[2]
    return path, request.args.get("op") or request.form.get("op")


def _resource(path: str) -> tuple[Resource, tuple[str, str]] | None:
    for resource in RESOURCES:
        if found := re.fullmatch(resource.pattern, path):
            first, second, *_ = (*found.groups(), "", "")
            return resource, (first, second)
    return None
