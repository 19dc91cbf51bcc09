"""Deploying a machine anew with an older version of its template, and the variables that it was deployed with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy.orm import Session

from gough.domain.errors import Conflict, GoughError, Invalid, NotFound
from gough.domain.machine_status import RELEASABLE
from gough.domain.machine_status import MachineStatus as Status
from gough.domain.priorities import Priority
from gough.domain.variables import check_values
from gough.persistence.models import Deployment, Job, Machine, TemplateVersion
from gough.services import lifecycle, machines, templates
from gough.services.context import Use
from gough.services.lifecycle import Plan
from gough.services.template_history import before, running
from gough.services.workflow.orders import options_of

GIVE = "Deploy it by hand instead: `gough machine deploy {} {} -v name=value`."


def redeploy(use: Use, name: str, *, by: str, number: int | None = None, priority: Priority = Priority.NORMAL) -> Job:
    """A deployment of the version before the one the machine had last, or of its template's version `number`.

    The variables, secrets too, and MAAS's own choices are those of the machine's last deployment, released or not.
    Raises NotFound, Invalid when that version takes other variables, or Conflict: no such deployment, no earlier
    version, or a machine that is not Ready, which says what to do first.
    """
    with use.database.read() as session:
        machine = machines.find(session, name)
        plan = plan_of(use, session, machine, number)
        _require_ready(machine)
    return lifecycle.deploy(use, machine.id, plan, by=by, priority=priority)


@dataclass(frozen=True, slots=True)
class Back:
    """The version that a page may offer; `why_not` is empty where it could be deployed now."""

    label: str = ""
    why_not: str = ""


def offered(use: Use, session: Session, machine: Machine) -> Back:
    """For a page: never raises."""
    label = ""
    try:
        label = plan_of(use, session, machine).template
        _require_ready(machine)
        lifecycle.deployable(session, machine.id)
    except GoughError as error:
        return Back(label, f"{error} {error.hint}")
    return Back(label)


def plan_of(use: Use, session: Session, machine: Machine, number: int | None = None) -> Plan:
    """What `redeploy` would deploy. Raises as it does, whatever the machine's status."""
    last = last_of(session, machine)
    if last is None or last.template_version_id is None:
        hint = "Deploy the version that you want by its name."
        raise Conflict(f"{machine.hostname} was not deployed from a template by Gough.", hint=hint)
    present = session.get_one(TemplateVersion, last.template_version_id)
    wanted = before(session, present) if number is None else _version(session, present, number)
    if wanted is None:
        raise Conflict(f"{machine.hostname} had {present.label}, the first version.", hint="There is none before it.")
    values = _given(present, orjson.loads(use.sealer.open_text(last.variables_sealed)))
    values = _fitting(machine, wanted, values)
    return Plan(wanted.label, values, _series(last, present), options_of(last.job))


def last_of(session: Session, machine: Machine) -> Deployment | None:
    """What the machine has now, or had last."""
    return running(session, machine) or lifecycle.latest_deployment(session, machine.id)


def _version(session: Session, present: TemplateVersion, number: int) -> TemplateVersion:
    name = present.label.partition("@")[0]
    try:
        return templates.find_version(session, f"{name}@{number}")
    except NotFound as error:
        raise NotFound(str(error), hint=f"`gough template versions {name}` shows them.") from error


def _given(version: TemplateVersion, values: Mapping[str, Any]) -> dict[str, Any]:
    """What people chose; what they left to the template's defaults is left to the older version's own."""
    defaults = {variable.name: variable.default for variable in templates.source_of(version).variables}
    lists = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    return {name: value for name, value in lists.items() if value not in (None, ()) and value != defaults.get(name)}


def _fitting(machine: Machine, version: TemplateVersion, values: Mapping[str, Any]) -> dict[str, Any]:
    """Of the values those that this version asks for. Raises Invalid, never with a value in it."""
    variables = templates.source_of(version).variables
    given = {variable.name: values[variable.name] for variable in variables if variable.name in values}
    _, problems = check_values(variables, given)
    if problems:
        said = f"{version.label} does not take the variables that {machine.hostname} was deployed with."
        raise Invalid(said, hint=GIVE.format(machine.hostname, version.label), problems=problems)
    return given


def _series(last: Deployment, present: TemplateVersion) -> str:
    """The release that somebody chose; where they left it to the template, the older version's own."""
    own = templates.source_of(present).series
    return "" if last.series.rpartition("/")[2] == own.rpartition("/")[2] else last.series


def _require_ready(machine: Machine) -> None:
    """What else may be in the way, `lifecycle.deploy` says."""
    status = Status(machine.status)
    if status in RELEASABLE:
        raise Conflict(
            f"{machine.hostname} is {status.label}; it must be released before it can be deployed anew.",
            hint=f"`gough machine release {machine.hostname} --confirm {machine.hostname} --wait`, then redeploy: "
            "Gough keeps its variables.",
        )
