"""Fleet servers: how each answers, following one, testing it, bringing its policies in line, forgetting it."""

from collections.abc import Mapping

from gough.domain.errors import Conflict, GoughError, Invalid, NotFound, Problem, Refused, Unavailable
from gough.domain.permissions import Permission
from gough.services.fleet_hosts import pack, servers
from gough.web.message import Answer, Request, redirect
from gough.web.operation import operation
from gough.web.portal.forms import complaint, typed_here
from gough.web.portal.page import page
from gough.web.portal.regions import HEALTH

TALKING: tuple[type[GoughError], ...] = (Invalid, Conflict, Refused, Unavailable)
ASKING: tuple[type[GoughError], ...] = (*TALKING, NotFound)
FIELDS = {f"/{name}": name for name in ("name", "url", "token", "ca")}
HERE = "/security/servers"


@operation("GET /security/servers", permission=Permission.VIEW, summary="Every Fleet server.", is_page=True)
def listed(request: Request) -> Answer:
    with request.use.database.read() as session:
        found = [servers.standing(session, each) for each in servers.listed(session)]
    return page(request, "fleet_servers.html", found=found, health=HEALTH)


@operation("GET /security/servers/new", permission=Permission.MANAGE, summary="The form to add one.", is_page=True)
def add_form(request: Request) -> Answer:
    return _form(request, {})


@operation(
    "POST /security/servers/new", permission=Permission.MANAGE, raises=ASKING, is_page=True,
    summary="Follow a Fleet server; its token is tried first.",
)  # fmt: skip
def add(request: Request) -> Answer:
    form = request.form
    name, url, token, ca = (form.get(field, "").strip() for field in ("name", "url", "token", "ca"))
    try:
        if empty := [field for field in ("name", "url", "token") if not form.get(field, "").strip()]:
            raise Invalid("The server was not added.", problems=[Problem(f"/{each}", "is missing") for each in empty])
        with typed_here():
            servers.add(request.use, name, url, token, ca=f"{ca}\n" if ca else "")
    except TALKING as error:
        return _form(request, form, error)
    return redirect(HERE)


@operation(
    "POST /security/servers/<name>/test", permission=Permission.OPERATE, raises=ASKING, is_page=True,
    summary="Ask the Fleet server who we are.",
)  # fmt: skip
def test(request: Request, name: str) -> Answer:
    servers.test(request.use, name)
    return redirect(HERE)


@operation(
    "POST /security/servers/<name>/import", permission=Permission.MANAGE, raises=ASKING, is_page=True,
    summary="Bring its policies in line with the pack that came with Gough.",
)  # fmt: skip
def import_policies(request: Request, name: str) -> Answer:
    pack.import_pack(request.use, name, pack.DEFAULT)
    return redirect("/security")


@operation(
    "POST /security/servers/<name>/remove", permission=Permission.MANAGE, raises=(NotFound, Invalid), is_page=True,
    summary="Forget a Fleet server and what was read of it.",
)  # fmt: skip
def remove(request: Request, name: str) -> Answer:
    with request.use.database.read() as session:
        found = servers.find(session, name)
    if request.form.get("confirm", "").strip() != found.name:
        raise Invalid("Nothing was forgotten.", hint=f"Go back and type {found.name}, exactly.")
    servers.remove(request.use, found.id)
    return redirect(HERE)


def _form(request: Request, typed: Mapping[str, str], error: GoughError | None = None) -> Answer:
    said = complaint(error, FIELDS)
    values = {field: typed.get(field, "") for field in ("name", "url", "ca")}
    return page(request, "fleet_server.html", status=said.status, said=said, values=values)
