"""Single sign-on in the browser: to the provider, and back with its answer."""

from gough.domain.errors import Conflict, Denied, NotFound, Outside, Refused, Unauthenticated, Unavailable
from gough.services import audit, oidc
from gough.web.message import Answer, Request, redirect
from gough.web.operation import Open, operation
from gough.web.portal.entry import keep_session, login_page, onward_of
from gough.web.portal.page import cookie

RETURN = "/login/oidc/callback"
FAILURES = (Conflict, Denied, Outside, Unauthenticated)


@operation(
    "GET /login/oidc", permission=Open.PUBLIC, summary="Go to the identity provider to sign in.",
    raises=(NotFound, Refused, Unavailable), is_page=True,
)  # fmt: skip
def begin(request: Request) -> Answer:
    onward = onward_of(request.query.get("next", ""))
    try:
        url, kept = oidc.begin(request.use, onward)
    except Outside as error:
        return login_page(request, error, onward=onward)
    _keep(request, kept, seconds=int(oidc.LIFE.total_seconds()))
    return redirect(url)


@operation(
    f"GET {RETURN}", permission=Open.PUBLIC, summary="Come back from the identity provider.",
    raises=(NotFound, *FAILURES), is_page=True,
)  # fmt: skip
def finish(request: Request) -> Answer:
    """Whatever comes of it, what the browser has kept for it is good no more."""
    kept = request.cookies.get(_cookie(request), "")
    _keep(request, "", seconds=0)
    try:
        entered = _finished(request, kept)
    except FAILURES as error:
        return login_page(request, error)
    keep_session(request, entered.secret)
    return redirect(entered.onward)


def _finished(request: Request, kept: str) -> oidc.Entered:
    """Signing in changes something, though the provider sends people here by a GET: it is recorded like a change."""
    with audit.recording(request.use, f"GET {RETURN}", via="single sign-on", address=request.address):
        return oidc.finish(request.use, kept, request.query, address=request.address)


def _keep(request: Request, kept: str, *, seconds: int) -> None:
    request.fresh_cookies.append(cookie(request, _cookie(request), kept, seconds=seconds))


def _cookie(request: Request) -> str:
    """Over https under a name that no other host of our domain can set: nobody begins a sign-in for somebody else."""
    return "__Host-gough_oidc" if request.site.is_https else "gough_oidc"
