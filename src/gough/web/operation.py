"""Running operations as they are declared: who asks, may they, how often, with what; then the handler."""

from hmac import compare_digest
from typing import Any
from urllib.parse import quote, urlsplit

from gough.domain.errors import Denied, NotFound, Unauthenticated
from gough.domain.locations import has_control_characters
from gough.domain.permissions import Permission
from gough.services.people import SESSION
from gough.web import conditional, replay
from gough.web.auditing import recorded
from gough.web.authentication import authenticate
from gough.web.body import parse_model, too_large
from gough.web.declaration import REGISTRY, SAFE, File, Guard, Handler, Open, Operation, operation
from gough.web.message import Answer, Request, redirect
from gough.web.query import parse_query

__all__ = ["REGISTRY", "SAFE", "Guard", "Handler", "Open", "Operation", "bearer", "operation", "perform", "run"]

FORM_COOKIE = "gough_form"
SIGN_IN = "Send `Authorization: Bearer` with an API key or an access token, or sign in at /login."


def run(found: Operation, request: Request, parts: dict[str, str]) -> Answer:
    """Who asks, may they, is the change theirs; then the handler. Raises what any of them raises."""
    try:
        if found.is_page or isinstance(found.guard, Permission):
            request.caller = authenticate(request, is_page=found.is_page)
    finally:  # whoever guesses keys is counted too, by address
        request.fresh_headers += request.site.rates.count(found, request)
    return perform(found, request, parts)


def perform(found: Operation, request: Request, parts: dict[str, str]) -> Answer:
    """As `run`, for a caller who is known."""
    return recorded(found, request, parts, lambda: _allowed(found, request, parts))


def _allowed(found: Operation, request: Request, parts: dict[str, str]) -> Answer:
    if isinstance(found.guard, Permission):
        if request.caller is None and found.is_page:
            return redirect(f"/login?next={quote(_here(request, found))}")
        if request.caller is None:
            raise Unauthenticated("Nobody is signed in.", hint=SIGN_IN)
        request.caller.require(found.guard)
        if found.method not in SAFE and request.caller.via == SESSION:  # nothing else is sent without being asked to
            _require_csrf(request)
    elif found.is_page and found.method not in SAFE:
        _require_same_origin(request)
    given = {**parts, **_read(found, request, parts)}
    return replay.once(found, request, lambda: _act(found, request, parts, given))


def _act(found: Operation, request: Request, parts: dict[str, str], given: dict[str, Any]) -> Answer:
    if found.edited is None:
        return found.handler(request, **given)
    with conditional.held(found, request, parts):
        answer = found.handler(request, **given)
    return conditional.tagged(found, request, parts, answer)


def _read(found: Operation, request: Request, parts: dict[str, str]) -> dict[str, Any]:
    """What the handler is given beside the parts of the path."""
    given: dict[str, Any] = {}
    if found.is_for_programs:
        _require_names(parts)
        query = parse_query(request, found.query)
        if found.query.model_fields:
            given["query"] = query
        if len(request.body) > found.body_limit:
            raise too_large(found.body_limit)
    if found.body is not None and not isinstance(found.body, File):
        given["body"] = parse_model(request, found.body)
    return given


def _require_names(parts: dict[str, str]) -> None:
    """Nothing has a name with characters that nobody sees, and databases stumble over some. Raises NotFound."""
    for name, value in parts.items():
        if has_control_characters(value):
            raise NotFound(f"The {name.replace('_', ' ')} in the address has control characters: there is no such one.")


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
