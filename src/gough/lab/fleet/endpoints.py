"""The server's HTTP side as a WSGI application: /healthz, the first setup, osquery's endpoints and the REST API."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import orjson
from werkzeug.wrappers import Request, Response

from gough.lab.fleet.call import Call, Resource
from gough.lab.fleet.core import Core
from gough.lab.fleet.osquery_side import ENDPOINTS
from gough.lab.fleet.resources import RESOURCES
from gough.lab.fleet.resources.access import login, set_up
from gough.lab.fleet.wire import PLAIN, Answer, Refusal, bad_request, error, forbidden, json_answer, no_route

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from gough.lab.fleet.fleet import Fleet

_OSQUERY = re.compile(r"/api/(?:v1/)?osquery/(.+)")
_API = re.compile(r"/api/(?:v1|latest)/fleet/(.+)")
_SETUP = re.compile(r"/api/(?:v1/)?setup")


def application(fleet: "Fleet") -> Callable[["WSGIEnvironment", "StartResponse"], Iterable[bytes]]:
    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        try:
            answer = _answer(fleet, Request(environ))
        except Refusal as refusal:
            answer = refusal.answer
        headers = [("Content-Type", answer.content_type), *answer.headers.items()]
        return Response(answer.body, status=answer.status, headers=headers)(environ, start_response)

    return app


def _answer(fleet: "Fleet", request: Request) -> Answer:
    path = request.path
    if not path.startswith(f"{fleet.prefix}/"):
        raise no_route()
    path = path.removeprefix(fleet.prefix)
    if fleet.intercept is not None and (instead := fleet.intercept(request.method, path)) is not None:
        return instead
    if path in ("/healthz", "/version"):
        return Answer(200, PLAIN)
    core = fleet.core
    if found := _OSQUERY.fullmatch(path):
        return _osquery(core, request, found[1])
    if not core.is_set_up:
        if not _SETUP.fullmatch(path) or request.method != "POST":
            raise no_route()
        return set_up(core, _body(request))
    found = _API.fullmatch(path)
    if found is None:
        raise no_route()
    if found[1] == "login" and request.method == "POST":
        return login(core, _body(request))
    return _api(core, request, found[1])


def _api(core: Core, request: Request, path: str) -> Answer:
    resource, names = _resource(core, path)
    with core.lock:
        user, token = core.accounts.whose(request.headers.get("Authorization"))
        handler = resource.handlers.get(request.method)
        if handler is None:
            raise error(405, "Method Not Allowed")
        if not resource.may(request.method, user.role):
            raise forbidden()
        body = _body(request) if request.method in {"POST", "PATCH"} else {}
        call = Call(core, *names, request.args, body, user, token)
    return handler(call)


def _osquery(core: Core, request: Request, path: str) -> Answer:
    handler = ENDPOINTS.get(path)
    if handler is None or request.method != "POST":
        raise no_route()
    body = _body(request)
    with core.lock:
        return json_answer(handler(core, body))


def _body(request: Request) -> Mapping[str, Any]:
    content = request.get_data()
    if not content:
        return {}
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise bad_request("json decoder error") from None
    if not isinstance(body, dict):
        raise bad_request("Expected JSON Body")
    return body


def _resource(core: Core, path: str) -> tuple[Resource, tuple[str, str]]:
    """Old names always, new ones where this version has them."""
    if not core.has_reports and re.match(r"(reports|fleets)\b|users/api_only|hosts/\d+/reports\b", path):
        raise no_route()
    path = re.sub(r"^queries\b|^reports\b", "queries", path)
    path = re.sub(r"^teams\b", "fleets", path)
    for resource in RESOURCES:
        if found := re.fullmatch(resource.pattern, path):
            first, second, *_ = (*found.groups(), "", "")
            return resource, (first, second)
    raise no_route()
