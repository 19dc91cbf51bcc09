"""Around everything: the request id, the Host check, the size caps, the error boundary, the security headers."""

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from random import getrandbits
from time import perf_counter
from typing import Any

import structlog
from structlog.contextvars import bind_contextvars, clear_contextvars

from gough.web.body import read_body
from gough.web.declaration import PROGRAMS
from gough.web.message import Answer, Request
from gough.web.problem import Fault, as_problem, trouble_of
from gough.web.proxies import settle
from gough.web.reading import Places
from gough.web.site import Site

StartResponse = Callable[..., Any]
Wsgi = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]

log = structlog.get_logger()

OFTEN = ("/api/v1/agents/", "/api/v1/reports/", "/static/", "/healthz", "/readyz", "/metrics")
"""What machines and probes ask, good answers to which would bury the rest of the log."""
REQUEST, ANSWER, BREACH = "gough.request", "gough.answer", "gough.breach"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
SECURITY = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_SECURITY = tuple((name.lower(), (name, value)) for name, value in SECURITY.items())


class Guard:
    """A WSGI application around py4web's. Operations leave their Answer in the environ; this sends it."""

    def __init__(self, site: Site, inner: Wsgi, error_page: Callable[[Request, Exception], Answer]) -> None:
        self.site, self._inner, self._error_page = site, inner, error_page
        self._places = Places()
        self._is_wordy = site.settings.debug or site.settings.log_level == "DEBUG"

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        begun = perf_counter()
        request_id = f"{getrandbits(128):032x}"
        clear_contextvars()
        bind_contextvars(request_id=request_id)
        request = Request(environ, self.site)
        try:
            answer = self._answer(request, environ)
        except Exception as error:
            answer = self._of_error(request, error)
        if breach := environ.get(BREACH):
            raise breach
        headers = self._headers(answer, request_id, request)
        path, method, status = request.path, request.method, answer.status
        seconds = perf_counter() - begun
        self.site.traffic.count(request, status, seconds)
        is_often = status < 400 and path.startswith(OFTEN)
        if not is_often or self._is_wordy:
            (log.debug if is_often else log.info)(
                "request", method=method, path=path, status=status, seconds=round(seconds, 4),
                caller=request.caller.name if request.caller else None, address=request.address,
            )  # fmt: skip
        start_response(f"{status} {HTTPStatus(status).phrase}", headers)
        if method == "HEAD":
            return [b""]
        return [answer.body] if isinstance(answer.body, bytes) else answer.body

    def _answer(self, request: Request, environ: dict[str, Any]) -> Answer:
        settle(environ, self.site.settings.trusted_proxies)
        self._check(request)
        request.body, request.packed = read_body(environ, self._places)
        environ[REQUEST] = request
        said: list[str] = []
        allow: dict[str, str] = {}

        def heard(status: str, headers: list[tuple[str, str]], _exc_info: object = None) -> None:
            said.append(status)
            allow.update(headers)

        leftover = self._inner(environ, heard)
        if close := getattr(leftover, "close", None):
            close()
        answer = environ.get(ANSWER)
        if isinstance(answer, Answer):
            return answer
        if said and said[0].startswith("405"):
            allowed = allow.get("Allow", "")
            raise Fault(
                405, "METHOD_NOT_ALLOWED", f"{request.method} is not possible here.", hint=f"Allowed here: {allowed}.",
                headers=(("Allow", allowed),),
            )  # fmt: skip
        if said and not said[0].startswith("404"):
            raise RuntimeError(f"py4web answered {said[0]} by itself")
        raise Fault(404, "NO_SUCH_PATH", "There is nothing at this address.", hint="Check the address.")

    def _check(self, request: Request) -> None:
        host = request.header("Host")
        if not host:
            raise Fault(400, "NO_HOST", "The request names no host.", hint="Send a Host header.")
        if not self.site.serves(host):
            hint = "Use the address in GOUGH_PUBLIC_URL, or set it to the one you use."
            raise Fault(421, "WRONG_HOST", "This server does not answer to that host name.", hint=hint)
        try:
            request.path.encode("latin-1").decode("utf-8")
        except UnicodeError:
            raise Fault(400, "MALFORMED", "The path is not UTF-8.") from None

    def _of_error(self, request: Request, error: Exception) -> Answer:
        """Programs get a problem, browsers a page. What cannot even be drawn is told as a problem."""
        if not request.path.startswith(PROGRAMS):
            try:
                return self._error_page(request, error)
            except Exception as worse:
                log.error("error page failed", exc_info=worse)
        return as_problem(trouble_of(error))

    def _headers(self, answer: Answer, request_id: str, request: Request) -> list[tuple[str, str]]:
        given = {name.lower() for name, _ in answer.headers}
        cookies = (("Set-Cookie", cookie) for cookie in request.fresh_cookies)
        fresh = (header for header in request.fresh_headers if header[0].lower() not in given)
        headers = [*answer.headers, *cookies, *fresh, ("X-Request-Id", request_id)]
        headers += [header for name, header in _SECURITY if name not in given]
        if request.is_https:
            headers.append(("Strict-Transport-Security", "max-age=31536000"))
        if isinstance(answer.body, bytes) and answer.status not in (204, 304):
            headers.append(("Content-Length", str(len(answer.body))))
        return headers


def run_in(environ: Mapping[str, Any]) -> Request:
    """The request that `Guard` has prepared."""
    request = environ[REQUEST]
    if not isinstance(request, Request):
        raise LookupError("the request did not come through the guard")
    return request
