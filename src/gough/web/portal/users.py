"""Accounts, for those who may manage them."""

from collections.abc import Callable, Mapping

from gough.domain.errors import Conflict, GoughError, Invalid, NotFound
from gough.domain.permissions import Permission, Role
from gough.services import users
from gough.services.context import Use
from gough.web.api.users import reset_link
from gough.web.message import Answer, Request, redirect
from gough.web.operation import operation
from gough.web.portal import columns
from gough.web.portal.forms import complaint
from gough.web.portal.page import page
from gough.web.portal.tables import as_file, is_file

ROLES = tuple(role.value for role in Role)
ENDS: Mapping[str, Callable[[Use, str], object]] = {
    "disable": users.disable, "enable": users.enable, "reset-second-factor": users.reset_second_factor,
}  # fmt: skip


@operation("GET /users", permission=Permission.PEOPLE, summary="Accounts.", is_page=True)
def listed(request: Request) -> Answer:
    return _list(request)


@operation(
    "POST /users/new", permission=Permission.PEOPLE, summary="Make an account.", raises=(Invalid, Conflict),
    is_page=True,
)  # fmt: skip
def create(request: Request) -> Answer:
    name = request.form.get("name", "").strip()
    try:
        _, secret = users.create(request.use, name, _role(request))
    except (Invalid, Conflict) as error:
        return _list(request, error)
    return _invited(request, name, secret)


@operation(
    "GET /users/<name>", permission=Permission.PEOPLE, summary="One account.", raises=(NotFound,), is_page=True
)  # fmt: skip
def one(request: Request, name: str) -> Answer:
    with request.use.database.read() as session:
        now = request.use.database.now(session)
        user = users.find(session, name)
        held = users.sign_ins(session, user.id, now)
    return page(request, "user.html", user=users.details(user, now), held=held, roles=ROLES)


@operation(
    "POST /users/<name>/<act>", permission=Permission.PEOPLE, raises=(NotFound, Conflict, Invalid), is_page=True,
    summary="Change an account: its role, disable, enable, remove, reset.",
)  # fmt: skip
def change(request: Request, name: str, act: str) -> Answer:
    match act:
        case "role":
            users.change_role(request.use, name, _role(request))
        case "remove":
            users.remove(request.use, name)
            return redirect("/users")
        case "reset-password":
            return _invited(request, name, users.reset_password(request.use, name))
        case _ if act in ENDS:
            ENDS[act](request.use, name)
        case _:
            raise NotFound("There is no such change.")
    return redirect("/users")


@operation(
    "POST /users/<name>/sessions/<sign_in_id>/end", permission=Permission.PEOPLE, summary="End a session of theirs.",
    raises=(NotFound,), is_page=True,
)  # fmt: skip
def end_sign_in(request: Request, name: str, sign_in_id: str) -> Answer:
    with request.use.database.read() as session:
        user_id = users.find(session, name).id
    users.end_sign_in(request.use, user_id, sign_in_id)
    return redirect("/users")


def _role(request: Request) -> Role:
    wanted = request.form.get("role", "")
    if wanted not in ROLES:
        raise Invalid("There is no such role.", hint=f"Choose one of {', '.join(ROLES)}.")
    return Role(wanted)


def _list(request: Request, error: GoughError | None = None) -> Answer:
    said = complaint(error, {"/name": "name"})
    with request.use.database.read() as session:
        now = request.use.database.now(session)
        found = [users.details(user, now) for user in users.listed(session)]
    if is_file(request):
        return as_file("people", columns.USERS, found)
    name = request.form.get("name", "")
    return page(request, "users.html", status=said.status, said=said, found=found, roles=ROLES, name=name)


def _invited(request: Request, name: str, secret: str) -> Answer:
    return page(request, "invited.html", name=name, link=reset_link(request, secret))
