"""Where MAAS's own pages log in: beside the API, so it is put before it."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from gough.lab.maas.websocket import Feeds
from gough.lab.maas.wire import BARE_JSON, HTML

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PATH = "/MAAS/accounts/login/"
WRONG = (
    b'{"__all__": ["Please enter a correct username and password. '
    b'Note that both fields may be case-sensitive."]}'
)  # fmt: skip

Application = Callable[["WSGIEnvironment", "StartResponse"], Iterable[bytes]]


def with_login(feeds: Feeds, api: Application) -> Application:
    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ.get("PATH_INFO") != PATH:
            return api(environ, start_response)
        return _log_in(feeds, Request(environ))(environ, start_response)

    return app


def _log_in(feeds: Feeds, request: Request) -> Response:
    if request.method != "POST":
        return Response(status=405, content_type=HTML)
    cookies = feeds.log_in(request.form.get("username", ""), request.form.get("password", ""))
    if cookies is None:
        return Response(WRONG, status=400, content_type=BARE_JSON)
    answer = Response(status=204, content_type=HTML)
    for name, value in cookies.items():
        answer.set_cookie(name, value, httponly=name == "sessionid", samesite="Lax")
    return answer
