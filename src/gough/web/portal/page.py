"""Pages from Jinja templates: what every page is given, and the page an error becomes.

A fragment is a page's part that changes; its template's name begins with `_`. The pause goes with every page and
fragment, so that nobody wonders why nothing begins.
"""

from functools import cache
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.orm import Session

from gough import __version__
from gough.domain.errors import Unavailable
from gough.domain.permissions import GRANTS, Permission
from gough.services import admission
from gough.services.admission import Pause
from gough.services.secrets import new_secret
from gough.web.message import HTML, Answer, Request
from gough.web.operation import FORM_COOKIE
from gough.web.portal import words
from gough.web.problem import Trouble, trouble_of

HERE = Path(__file__).parent
STATIC = HERE / "static"
BUILT = STATIC / "built"  # by `make assets`, where npm could be reached
THEME_COOKIE = "gough_theme"
THEMES = ("light", "dark")
PAUSED = "_paused.html"
SHORTCUTS = (
    ("d", "/", "Overview"), ("m", "/machines", "Machines"), ("j", "/jobs", "Jobs"), ("q", "/work", "Queue"),
    ("t", "/templates", "Templates"), ("r", "/regions", "Regions"), ("a", "/agents", "Agents"),
)  # fmt: skip
"""(the key behind `g`, the page, its name): what the script goes to, and the list of keys shows"""


@cache
def _templates() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.filters.update(words.FILTERS)
    made.globals.update(asset=asset, version=__version__)
    return made


def asset(name: str) -> str:
    """The address of a static file; it changes with the content, so browsers may keep it. Empty: it was not built."""
    file = file_of(name)
    return f"/static/{name}?v={_version(file)}" if file else ""


def file_of(name: str) -> Path | None:
    """What was built comes first: of a style sheet, the same without what browsers do not read."""
    return next((folder / name for folder in (BUILT, STATIC) if (folder / name).is_file()), None)


@cache
def _version(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()[:12]


def page(
    request: Request, template: str, *, status: int = 200, session: Session | None = None, **values: Any
) -> Answer:  # fmt: skip
    """`session`: the one that is open, where one is; a second connection could wait for the first forever."""
    theme = request.cookies.get(THEME_COOKIE, "")
    caller = request.caller
    given: dict[str, Any] = {
        "caller": caller,
        "can": lambda permission: caller is not None and Permission(permission) in GRANTS[caller.role],
        "csrf_token": caller.csrf_token if caller else _form_token(request),
        "theme": theme if theme in THEMES else "",
        "path": request.path,
        "shortcuts": SHORTCUTS,
        "paused": _paused(request, session) if caller else None,
    }
    body = _templates().get_template(template).render(**given, **values)
    if template.startswith("_"):
        body += _templates().get_template(PAUSED).render(**given)
    return Answer(status, body.encode(), (("Content-Type", HTML),))


def cookie(request: Request, name: str, value: str, *, seconds: int, same_site: str = "Lax") -> str:
    """A Set-Cookie that scripts cannot read; over https, only sent over https."""
    secure = "; Secure" if request.site.is_https else ""
    return f"{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite={same_site}{secure}"


def error_page(request: Request, error: Exception) -> Answer:
    """What happened, what it means, what to do."""
    return trouble_page(request, trouble_of(error))


def trouble_page(request: Request, trouble: Trouble) -> Answer:
    back = words.local_path(request.header("Referer"), request.header("Host"))
    phrase = HTTPStatus(trouble.status).phrase
    answer = page(request, "error.html", status=trouble.status, trouble=trouble, phrase=phrase, back=back)
    return Answer(answer.status, answer.body, (*answer.headers, *trouble.headers))


def _paused(request: Request, session: Session | None) -> Pause | None:
    if session is not None:
        return admission.paused(session)
    try:
        with request.use.database.read() as opened:
            return admission.paused(opened)
    except Unavailable:  # the page that says so must still be drawn
        return None


def _form_token(request: Request) -> str:
    """For forms without a session: the same token in a cookie and in the form."""
    known = request.cookies.get(FORM_COOKIE, "")
    if len(known) >= 40 and known.isascii():
        return known
    token = new_secret()
    request.fresh_cookies.append(cookie(request, FORM_COOKIE, token, seconds=86400, same_site="Strict"))
    return token
