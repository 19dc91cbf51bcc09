"""The way in and out: the first administrator, signing in, signing out; and the light switch."""

from gough.domain.errors import Conflict, GoughError, Invalid, Unauthenticated
from gough.domain.permissions import Permission
from gough.services import people
from gough.web.message import Answer, Request, redirect
from gough.web.operation import COOKIE, Open, operation
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
        if password != form.get("again", ""):
            raise Invalid("The two passwords differ.")
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
    if _needs_setup(request):
        return redirect("/setup")
    onward = _onward(request.query.get("next", ""))
    return page(request, "login.html", trouble=None, name="", onward=onward, made="made" in request.query)


@operation(
    "POST /login", permission=Open.PUBLIC, summary="Sign in.", raises=(Unauthenticated,), is_page=True,
)  # fmt: skip
def login(request: Request) -> Answer:
    form = request.form
    name, onward = form.get("name", "").strip(), _onward(form.get("next", ""))
    try:
        secret, ends = people.sign_in(request.use, name, form.get("password", ""), address=request.address)
    except Unauthenticated as error:
        trouble = trouble_of(error)
        return page(request, "login.html", status=401, trouble=trouble, name=name, onward=onward, made=False)
    del ends  # the row says when it ends; the cookie only needs to last as long
    request.fresh_cookies.append(cookie(request, COOKIE, secret, seconds=int(people.SESSION_LIFE.total_seconds())))
    return redirect(onward)


@operation("POST /logout", permission=Permission.VIEW, summary="Sign out.", is_page=True)
def logout(request: Request) -> Answer:
    people.sign_out(request.use, request.cookies.get(COOKIE, ""))
    request.fresh_cookies.append(cookie(request, COOKIE, "", seconds=0))
    return redirect("/login")


@operation("POST /theme", permission=Permission.VIEW, summary="Choose light or dark.", is_page=True)
def theme(request: Request) -> Answer:
    wanted = request.form.get("theme", "")
    chosen = wanted if wanted in THEMES else ""
    request.fresh_cookies.append(cookie(request, THEME_COOKIE, chosen, seconds=31536000 if chosen else 0))
    return redirect(local_path(request.header("Referer"), request.header("Host")))


def _needs_setup(request: Request) -> bool:
    with request.use.database.read() as session:
        return people.needs_setup(session)


def _onward(path: str) -> str:
    """Only a path of ours: a full address here would send people to somebody else's page."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() else "/"
