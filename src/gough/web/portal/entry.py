"""The way in and out: the first administrator, signing in by one step or two, a new password; the light switch."""

from gough.domain.errors import Conflict, GoughError, Invalid, Unauthenticated
from gough.domain.permissions import Permission
from gough.persistence.models import User
from gough.services import audit, oidc, people, signing_in, users
from gough.web.authentication import COOKIE
from gough.web.message import Answer, Request, redirect
from gough.web.operation import Open, operation
from gough.web.portal.forms import complaint
from gough.web.portal.page import THEME_COOKIE, THEMES, cookie, page
from gough.web.portal.words import local_path
from gough.web.problem import trouble_of


@operation("GET /setup", permission=Open.PUBLIC, summary="The form for the first administrator.", is_page=True)
def setup_form(request: Request) -> Answer:
    if not _needs_setup(request):
        return redirect("/login")
    return page(request, "setup.html", trouble=None, name="")


@operation(
    "POST /setup", permission=Open.PUBLIC, summary="Make the first administrator.",
    raises=(Invalid, Unauthenticated, Conflict), is_page=True,
)  # fmt: skip
def setup(request: Request) -> Answer:
    form = request.form
    name, password = form.get("name", "").strip(), form.get("password", "")
    try:
        _require_same(request)
        people.set_up(request.use, form.get("secret", "").strip(), name, password)
    except Conflict:
        raise
    except GoughError as error:
        trouble = trouble_of(error)
        return page(request, "setup.html", status=trouble.status, trouble=trouble, name=name)
    return redirect("/login?made=yes")


@operation("GET /login", permission=Open.PUBLIC, summary="The form to sign in.", is_page=True)
def login_form(request: Request) -> Answer:
    if request.caller is not None:
        return redirect("/")
    if _needs_setup(request) and request.use.settings.oidc_allow_local:
        return redirect("/setup")
    return login_page(request, onward=onward_of(request.query.get("next", "")), made=request.query.get("made", ""))


@operation(
    "POST /login", permission=Open.PUBLIC, summary="Sign in.", raises=(Unauthenticated,), is_page=True,
)  # fmt: skip
def login(request: Request) -> Answer:
    form = request.form
    name, onward = form.get("name", "").strip(), onward_of(form.get("next", ""))
    try:
        user = signing_in.prove_password(request.use, name, form.get("password", ""))
    except Unauthenticated as error:
        return login_page(request, error, name=name, onward=onward)
    if user.totp_sealed is not None:
        return page(request, "code.html", trouble=None, ticket=signing_in.ticket(request.use, user), onward=onward)
    return _enter(request, user, onward)


@operation(
    "POST /login/code", permission=Open.PUBLIC, summary="The second step of signing in.", raises=(Unauthenticated,),
    is_page=True,
)  # fmt: skip
def second_step(request: Request) -> Answer:
    form = request.form
    ticket, onward = form.get("ticket", ""), onward_of(form.get("next", ""))
    user = signing_in.ticket_holder(request.use, ticket)
    try:
        signing_in.prove_code(request.use, user, form.get("code", ""))
    except Unauthenticated as error:
        return page(request, "code.html", status=401, trouble=trouble_of(error), ticket=ticket, onward=onward)
    return _enter(request, user, onward)


@operation("GET /reset", permission=Open.PUBLIC, summary="The form to choose a password by a link.", is_page=True)
def reset_form(request: Request) -> Answer:
    return page(request, "reset.html", said=complaint(None, {}), secret=request.query.get("secret", ""))


@operation(
    "POST /reset", permission=Open.PUBLIC, summary="Choose a password, by a link.", raises=(Unauthenticated, Invalid),
    is_page=True,
)  # fmt: skip
def reset(request: Request) -> Answer:
    form = request.form
    try:
        _require_same(request)
        users.redeem(request.use, form.get("secret", ""), form.get("password", ""))
    except (Invalid, Unauthenticated) as error:
        said = complaint(error, {"/password": "password"})
        return page(request, "reset.html", status=said.status, said=said, secret=form.get("secret", ""))
    return redirect("/login?made=password")


@operation("POST /logout", permission=Permission.VIEW, summary="Sign out.", is_page=True)
def logout(request: Request) -> Answer:
    secret = request.cookies.get(COOKIE, "")
    elsewhere = oidc.sign_out_url(request.use, secret)
    people.sign_out(request.use, secret)
    request.fresh_cookies.append(cookie(request, COOKIE, "", seconds=0))
    request.caller = None
    audit.note(after={"ended": "the session; sent to the provider to end that one too"} if elsewhere else None)
    # A page, not a redirect: our content security policy lets no form lead to another site.
    return page(request, "signed_out.html", elsewhere=elsewhere) if elsewhere else redirect("/login")


@operation("POST /theme", permission=Permission.VIEW, summary="Choose light or dark.", is_page=True)
def theme(request: Request) -> Answer:
    wanted = request.form.get("theme", "")
    chosen = wanted if wanted in THEMES else ""
    request.fresh_cookies.append(cookie(request, THEME_COOKIE, chosen, seconds=31536000 if chosen else 0))
    return redirect(local_path(request.header("Referer"), request.header("Host")))


def login_page(
    request: Request, error: GoughError | None = None, *, name: str = "", onward: str = "/", made: str = ""
) -> Answer:
    """The ways in: by name and password, by single sign-on where there is one, and why the last try failed."""
    trouble, settings = trouble_of(error) if error else None, request.use.settings
    return page(
        request, "login.html", status=trouble.status if trouble else 200, trouble=trouble, name=name, onward=onward,
        made=made, sign_on=settings.oidc_name if settings.oidc_issuer else "", is_local=settings.oidc_allow_local,
    )  # fmt: skip


def keep_session(request: Request, secret: str) -> None:
    request.fresh_cookies.append(cookie(request, COOKIE, secret, seconds=int(people.SESSION_LIFE.total_seconds())))


def _enter(request: Request, user: User, onward: str) -> Answer:
    secret, _ = people.begin_session(request.use, user, address=request.address)
    keep_session(request, secret)
    return redirect("/account/second-factor" if people.must_enrol(request.use, user) else onward)


def _require_same(request: Request) -> None:
    if request.form.get("password", "") != request.form.get("again", ""):
        raise Invalid("The two passwords differ.")


def _needs_setup(request: Request) -> bool:
    with request.use.database.read() as session:
        return people.needs_setup(session)


def onward_of(path: str) -> str:
    """Only a path of ours: a full address here would send people to somebody else's page."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() else "/"
