"""Comparing: two versions of a template, or a version with what a machine runs."""

from contextlib import suppress

from gough.domain.errors import Conflict, GoughError, Invalid, Misconfigured, NotFound
from gough.domain.permissions import Permission
from gough.services import machines, template_diff, template_history
from gough.web.message import Answer, Request
from gough.web.operation import operation
from gough.web.portal.forms import Complaint
from gough.web.portal.page import page
from gough.web.portal.template_files import Line, lines_of
from gough.web.problem import trouble_of

UNANSWERED: tuple[type[GoughError], ...] = (Invalid, Conflict, Misconfigured, NotFound)


@operation(
    "GET /templates/<name>/compare", permission=Permission.DEPLOY, raises=(NotFound, Invalid), is_page=True,
    summary="`?from=1&to=2`, or `?machine=web-1&to=2`; without either, the version before.",
)  # fmt: skip
def compare(request: Request, name: str) -> Answer:
    with request.use.database.read() as session:
        uses = template_history.used(session, name)
    numbers = [each.version.number for each in uses]
    machine = _hostname(request, request.query.get("machine", "").strip())
    to = _number(request, "to", numbers, numbers[0])
    old = _number(request, "from", numbers, max([n for n in numbers if n < to], default=to))
    lines: list[Line] = []
    said = Complaint()
    try:
        lines = lines_of(_diff(request, f"{name}@{old}", f"{name}@{to}", machine))
    except UNANSWERED as error:
        said = Complaint(trouble_of(error), {}, error.problems)
    runs = sorted({host for each in uses for host in (*each.in_service, *each.others)})
    return page(
        request, "template_compare.html", status=said.status, name=name, numbers=numbers, old=old, to=to,
        machine=machine, lines=lines, said=said, known={"machine": runs},
    )  # fmt: skip


def _diff(request: Request, old: str, new: str, machine: str) -> str:
    if machine:
        return template_diff.against_machine(request.use, new, machine)
    with request.use.database.read() as session:
        return template_diff.between(session, old, new)


def _hostname(request: Request, name: str) -> str:
    """Of the machine that is called so; of none, what was typed."""
    with request.use.database.read() as session, suppress(NotFound, Conflict):
        return machines.find(session, name).hostname if name else ""
    return name


def _number(request: Request, field: str, known: list[int], default: int) -> int:
    """Raises NotFound for a version that there is none of."""
    text = request.query.get(field, "")
    if not text:
        return default
    if text not in {str(number) for number in known}:
        raise NotFound(f"There is no version {text[:20]}.", hint=f"There are {', '.join(map(str, sorted(known)))}.")
    return int(text)
