"""Who asks: the session of the cookie, or for the API, what the Authorization header says."""

from collections.abc import Callable
from typing import TypeVar

from gough.domain.errors import Denied, Unauthenticated
from gough.services import api_keys, people, tokens
from gough.services.people import Caller
from gough.services.secrets import hash_secret
from gough.web.message import Request

Found = TypeVar("Found")

COOKIE = "gough_session"
LOCAL = "gough.caller"
"""Where a caller in this very process stands in the WSGI environ. No header gets there: theirs begin with HTTP_."""
FREE_WHILE_ENROLLING = ("/account/second-factor", "/login", "/logout", "/theme", "/reset")


def authenticate(request: Request, *, is_page: bool) -> Caller | None:
    """None where nobody says who they are. Raises Unauthenticated for a key or token that is not good.

    A header counts before a cookie, and pages look at cookies alone: no other site can make a browser send either
    where it matters. Raises Denied for somebody who must enrol a second factor first, but for the pages where they do.
    """
    if not is_page and isinstance(known := request.environ.get(LOCAL), Caller):
        return known
    if not is_page and (header := request.header("Authorization")):
        return _of_header(request, header)
    session = request.cookies.get(COOKIE, "")
    caller = _known(request, session, lambda: people.who(request.use, session)) if session else None
    if caller is not None and caller.must_enrol and not (is_page and request.path.startswith(FREE_WHILE_ENROLLING)):
        raise Denied(
            "Administrators need a second factor here, and you have none yet.",
            hint="Enrol one at /account/second-factor.",
        )
    return caller


def _of_header(request: Request, header: str) -> Caller:
    scheme, _, key = header.partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not key:
        raise Unauthenticated(
            "The Authorization header holds no key.", hint="Send `Authorization: Bearer <API key or access token>`."
        )
    if key.startswith(api_keys.PREFIX):
        return _known(request, key, lambda: api_keys.who(request.use, key, address=request.address))
    return _known(request, key, lambda: tokens.who(request.use, key))


def _known(request: Request, secret: str, ask: Callable[[], Found]) -> Found:
    use = request.use
    credential = (hash_secret(secret), request.address)  # an API key may be bound to networks
    return use.callers.get(credential, ask, use.timer(), use.database.last_commit)
