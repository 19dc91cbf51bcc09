"""What a bulk operation's form says: on which machines, which action, how carefully."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from gough.cloud_init import TemplateSource
from gough.domain.errors import Invalid, NotFound, Problem
from gough.domain.permissions import Permission
from gough.domain.stages import JobKind
from gough.domain.waves import Limits
from gough.services.bulk import MOST_MACHINES, Order
from gough.services.choosing import ids_of
from gough.services.context import Use
from gough.services.machine_filters import FILTERS
from gough.web.message import Request
from gough.web.portal.forms import Repeated, is_ticked
from gough.web.portal.plans import plan_of, typed

MAX_IN_FLIGHT, STOP_AFTER = "10", "1"


@dataclass(frozen=True, slots=True)
class Act:
    """An action as people call it. `typed`: the number of machines must be typed, since whoever uses one notices."""

    verb: str
    label: str
    kind: JobKind
    needs: Permission
    says: str
    typed: bool = False


ACTS: Mapping[str, Act] = {
    act.verb: act
    for act in (
        Act(
            "deploy", "Deploy", JobKind.DEPLOYMENT, Permission.DEPLOY,
            "Installs Ubuntu on machines that are Ready and overwrites their disks.",
        ),
        Act(
            "commission", "Commission", JobKind.COMMISSION, Permission.OPERATE,
            "MAAS starts the machines and looks at their hardware anew.",
        ),
        Act("test", "Test", JobKind.TEST, Permission.OPERATE, "MAAS's hardware tests reboot the machines.", typed=True),
        Act(
            "release", "Release", JobKind.RELEASE, Permission.OPERATE,
            "The machines go back to MAAS's pool; what runs on them ends, and their agents' keys stop working.",
            typed=True,
        ),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Selection:
    """Machines by their ids, or, where there are none, by the list's filters and text. `fields` say it again."""

    ids: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]

    @property
    def query(self) -> str:
        return urlencode(self.fields)

    @property
    def seen(self) -> str:
        """Tells whether it is still the same machines."""
        return sha256("\n".join(sorted(self.ids)).encode()).hexdigest()[:16]


def act_of(request: Request, given: Repeated) -> Act:
    """Raises NotFound for an action there is none of, Denied for one that the caller may not ask for."""
    verb = given.get("action", [""])[-1]
    if verb not in ACTS:
        raise NotFound(f"There is no action '{verb[:40]}' for many machines.", hint=f"There are {', '.join(ACTS)}.")
    request.known_caller.require(ACTS[verb].needs)
    return ACTS[verb]


def selection_of(use: Use, given: Repeated) -> Selection:
    """The machines as they are now. Raises Invalid when there is none, or too many."""
    if given.get("all", [""])[-1] != "yes":
        ids = tuple(dict.fromkeys(given.get("id", ())))
        if not ids:
            raise Invalid("No machine was chosen.", hint="Tick machines in the list, then choose the action again.")
        return Selection(ids, tuple(("id", each) for each in ids))
    filters = {name: given[name] for name in FILTERS if name in given}
    text = given.get("q", [""])[-1]
    ids = tuple(ids_of(use, filters, text=text, mark="?"))
    fields = [("q", text)] * bool(text) + [(name, value) for name, values in filters.items() for value in values]
    return Selection(ids, (("all", "yes"), *fields))


def order_of(
    request: Request, act: Act, ids: Sequence[str], label: str = "", source: TemplateSource | None = None
) -> Order:
    """Raises Invalid with everything that is wrong with the form; a deployment has its template."""
    problems: list[Problem] = []
    parameters: dict[str, Any] = {}
    if source is not None:
        try:
            plan = plan_of(label, source, typed(request.form))
        except Invalid as error:
            problems += error.problems
        else:
            parameters = {
                "template": plan.template, "variables": plan.variables, "series": plan.series,
                "options": plan.options.as_json(),
            }  # fmt: skip
    else:
        wanted = {JobKind.COMMISSION: ("skip_tests",), JobKind.RELEASE: ("erase", "not_ours")}.get(act.kind, ())
        parameters = {name: is_ticked(request, name) for name in wanted}
    in_flight = _number(request.form, "max_in_flight", MAX_IN_FLIGHT, problems)
    stop_after = _number(request.form, "stop_after", STOP_AFTER, problems)
    if problems:
        raise Invalid("This cannot be asked for like this.", problems=problems)
    return Order(act.kind, ids, Limits(in_flight, stop_after), parameters)


def _number(form: Mapping[str, str], name: str, default: str, problems: list[Problem]) -> int:
    text = form.get(name, default).strip()
    if text.isascii() and text.isdecimal() and len(text) <= len(str(MOST_MACHINES)):
        return int(text)
    problems.append(Problem(f"/{name}", "expected a whole number"))
    return 0
