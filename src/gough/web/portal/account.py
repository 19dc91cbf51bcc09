"""One's own account: where it is signed in, the password, the second factor."""

from gough.domain.errors import Conflict, GoughError, Invalid, NotFound, Unauthenticated
from gough.domain.permissions import Permission
from gough.persistence.models import User
from gough.services import people, second_factor, users
from gough.web.authentication import COOKIE
from gough.web.message import Answer, Request, redirect
from gough.web.operation import operation
from gough.web.portal.forms import complaint
from gough.web.portal.page import cookie, page

FIELDS = {"/password": "password", "/code": "code"}
PROVING: tuple[type[GoughError], ...] = (Unauthenticated, Invalid, Conflict)


@operation("GET /account", permission=Permission.VIEW, summary="One's own account.", is_page=True)
def account(request: Request) -> Answer:
    return _account(request)


@operation(
    "POST /account/password", permission=Permission.VIEW, summary="Choose another password.", raises=PROVING,
    is_page=True,
)  # fmt: skip
def change_password(request: Request) -> Answer:
    form = request.form
    try:
        if form.get("password", "") != form.get("again", ""):
            raise Invalid("The two passwords differ.")
        users.change_password(
            request.use, request.known_caller.user_id, form.get("present", ""), form.get("password", "")
        )
    except PROVING as error:
        return _account(request, error)
    request.fresh_cookies.append(cookie(request, COOKIE, "", seconds=0))
    return redirect("/login?made=password")


@operation(
    "POST /account/sessions/<sign_in_id>/end", permission=Permission.VIEW, summary="End one of one's sessions.",
    raises=(NotFound,), is_page=True,
)  # fmt: skip
def end_sign_in(request: Request, sign_in_id: str) -> Answer:
    users.end_sign_in(request.use, request.known_caller.user_id, sign_in_id)
    return redirect("/account")


@operation("GET /account/second-factor", permission=Permission.VIEW, summary="One's second factor.", is_page=True)
def factor(request: Request) -> Answer:
    return _factor(request)


@operation(
    "POST /account/second-factor/<step>", permission=Permission.VIEW, raises=(*PROVING, NotFound), is_page=True,
    summary="Begin, confirm or take away one's second factor.",
)  # fmt: skip
def change_factor(request: Request, step: str) -> Answer:
    user_id, form = request.known_caller.user_id, request.form
    try:
        match step:
            case "begin":
                second_factor.begin(request.use, user_id, form.get("password", ""))
            case "disable":
                second_factor.disable(request.use, user_id, form.get("password", ""))
            case "confirm":
                codes = second_factor.confirm(request.use, user_id, form.get("code", ""))
                return page(request, "recovery_codes.html", codes=codes)
            case _:
                raise NotFound("There is no such step.")
    except PROVING as error:
        return _factor(request, error)
    return redirect("/account/second-factor")


def _account(request: Request, error: GoughError | None = None) -> Answer:
    said = complaint(error, FIELDS)
    caller = request.known_caller
    with request.use.database.read() as session:
        now = request.use.database.now(session)
        held = users.sign_ins(session, caller.user_id, now)
        mine = users.details(session.get_one(User, caller.user_id), now)
    return page(request, "account.html", status=said.status, said=said, held=held, mine=mine, here=caller.credential)


def _factor(request: Request, error: GoughError | None = None) -> Answer:
    said, user_id = complaint(error, FIELDS), request.known_caller.user_id
    with request.use.database.read() as session:
        user = session.get_one(User, user_id)
        left = second_factor.recovery_codes_left(session, user_id)
    begun = second_factor.pending(request.use, user_id)
    return page(
        request, "second_factor.html", status=said.status, said=said, is_on=user.totp_sealed is not None, left=left,
        begun=begun, picture=_picture(begun.uri) if begun else "", must=people.must_enrol(request.use, user),
    )  # fmt: skip


def _picture(uri: str) -> str:
    """A QR code as an address that holds the picture itself."""
    import segno  # noqa: PLC0415  (only this page needs it)

    return segno.make(uri, error="m").svg_data_uri(scale=4, border=3, light="#fff")
