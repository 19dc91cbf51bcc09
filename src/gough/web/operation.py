"""Declaring operations. Each says which permission it needs; there is no default, so one without fails at import."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from hmac import compare_digest
from urllib.parse import quote, urlsplit

from pydantic import BaseModel

from gough.domain.errors import Denied, GoughError, Unauthenticated
from gough.domain.permissions import Permission
from gough.services import people
from gough.web.body import parse_model
from gough.web.message import Answer, Request, redirect

COOKIE = "gough_session"
FORM_COOKIE = "gough_form"
SAFE = frozenset({"GET", "HEAD"})


class Open(Enum):
    """Operations that no person's permission guards, and what guards them instead."""

    PUBLIC = "nothing: everybody may"
    AGENT = "the agent's key, in the Authorization header"
    TOKEN = "a secret in the request, which the use case checks"  # noqa: S105


Guard = Permission | Open
Handler = Callable[..., Answer]


@dataclass(frozen=True, slots=True)
class Operation:
    """`is_page`: a person reads the answer in a browser, so errors are pages too."""

    method: str
    path: str
    guard: Guard
    summary: str
    handler: Handler
    body: type[BaseModel] | None = None
    raises: tuple[type[GoughError], ...] = ()
    is_page: bool = False


REGISTRY: dict[tuple[str, str], Operation] = {}


def operation(
    route: str, *, permission: Guard, summary: str, body: type[BaseModel] | None = None,
    raises: tuple[type[GoughError], ...] = (), is_page: bool = False,
) -> Callable[[Handler], Handler]:  # fmt: skip
    """`@operation("POST /api/v1/machines/<name>/deploy", permission=Permission.DEPLOY, body=…, summary=…)`.

    The handler is called with the request, the parts of the path by name, and `body` where one is declared.
    """
    method, _, path = route.partition(" ")
    if not isinstance(permission, Permission | Open):
        raise TypeError(f"{route} declares no permission")
    if (method, path) in REGISTRY:
        raise TypeError(f"{route} is declared twice")

    def declare(handler: Handler) -> Handler:
        REGISTRY[method, path] = Operation(method, path, permission, summary, handler, body, raises, is_page)
        return handler

    return declare


def run(found: Operation, request: Request, parts: dict[str, str]) -> Answer:
    """Who asks, may they, is the change theirs; then the handler. Raises what any of them raises."""
    session = request.cookies.get(COOKIE, "")
    if session and (found.is_page or isinstance(found.guard, Permission)):
        request.caller = people.who(request.use, session)
    if isinstance(found.guard, Permission):
        if request.caller is None and found.is_page:
            return redirect(f"/login?next={quote(_here(request, found))}")
        if request.caller is None:
            raise Unauthenticated("This needs a session.", hint="Sign in at /login; the session cookie is the key.")
        request.caller.require(found.guard)
        if found.method not in SAFE:
            _require_csrf(request)
    elif found.is_page and found.method not in SAFE:
        _require_same_origin(request)
    if found.body is None:
        return found.handler(request, **parts)
    return found.handler(request, **parts, body=parse_model(request, found.body))


def bearer(request: Request) -> str:
    """The key in the Authorization header. Raises Unauthenticated."""
    scheme, _, key = request.header("Authorization").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Unauthenticated("There is no key.", hint="Send `Authorization: Bearer <key>`.")
    return key.strip()


def _require_csrf(request: Request) -> None:
    given = request.header("X-CSRF-Token") or request.form.get("csrf_token", "")
    if not compare_digest(given.encode(), request.known_caller.csrf_token.encode()):
        raise Denied(
            "The request does not carry this session's CSRF token.",
            hint="Reload the page and send the form again; programs send the X-CSRF-Token header.",
        )


def _require_same_origin(request: Request) -> None:
    """For forms that are sent before there is a session: the site it is from, and a token that its page set."""
    site, origin = request.header("Sec-Fetch-Site"), request.header("Origin")
    foreign = site not in ("", "none", "same-origin")
    if foreign or (origin and urlsplit(origin).netloc != request.header("Host")):
        raise Denied("This form was sent from another site.", hint="Open the page on Gough itself and send it again.")
    given, expected = request.form.get("csrf_token", ""), request.cookies.get(FORM_COOKIE, "")
    if not expected or not compare_digest(given.encode(), expected.encode()):
        raise Denied("This form has expired.", hint="Reload the page, allow its cookies, and send the form again.")


def _here(request: Request, found: Operation) -> str:
    return request.path if found.method in SAFE else "/"
