"""Templates at work: rendered for a machine, compared, and where each version runs."""

from typing import Any

from pydantic import Field

from gough.domain.errors import Conflict, Invalid, Misconfigured, NotFound, Problem
from gough.domain.permissions import Permission
from gough.services import delivering, machines, template_diff, template_history, templates
from gough.services.keyset import cut
from gough.web.api.answers.templates import Diff, Rendered, UsagePage
from gough.web.api.machines import Strict
from gough.web.api.paging import as_page
from gough.web.api.templates import VersionsQuery, findings
from gough.web.body import BODY_CAP
from gough.web.declaration import Query
from gough.web.message import Answer, Request, as_json
from gough.web.operation import operation


class TryTemplate(Strict):
    machine: str = Field(min_length=1, max_length=255)
    variables: dict[str, Any] = Field(default_factory=dict)


class DiffQuery(Query):
    """One of them."""

    old: str = Field("", alias="from", max_length=255)
    machine: str = Field("", max_length=255)


@operation(
    "POST /api/v1/templates/<name>/render", permission=Permission.DEPLOY, body=TryTemplate,
    summary="The user-data that a machine would get, redacted; nothing is stored or sent.",
    raises=(NotFound, Invalid, Conflict, Misconfigured), gives={200: Rendered}, body_limit=BODY_CAP,
)  # fmt: skip
def render(request: Request, name: str, body: TryTemplate) -> Answer:
    with request.use.database.read() as session:
        machine = machines.find(session, body.machine)
        version = templates.find_version(session, name)
        label, source = version.label, templates.source_of(version)
    made = delivering.preview(request.use, machine, source, body.variables)
    shown = {"template": label, "machine": machine.hostname, "user_data": made.redacted}
    return as_json(shown | {"size_bytes": len(made.user_data), "findings": findings(made.findings)})


@operation(
    "GET /api/v1/templates/<name>/diff", permission=Permission.DEPLOY,
    summary="What changes to this version from `?from=name@1`, or from what `?machine=` runs.",
    raises=(NotFound, Invalid, Conflict, Misconfigured), query=DiffQuery, gives={200: Diff},
)  # fmt: skip
def diff(request: Request, name: str, query: DiffQuery) -> Answer:
    old, machine = query.old, query.machine
    if bool(old) == bool(machine):
        raise Invalid("Compare with one thing.", problems=[Problem("?from", "expected this, or ?machine")])
    if machine:
        return as_json({"diff": template_diff.against_machine(request.use, name, machine)})
    with request.use.database.read() as session:
        return as_json({"diff": template_diff.between(session, old, name)})


@operation(
    "GET /api/v1/templates/<name>/used", permission=Permission.VIEW, raises=(NotFound, Invalid),
    query=VersionsQuery, gives={200: UsagePage},
    summary="Which machines run which version, and how often each was deployed.",
)  # fmt: skip
def used(request: Request, name: str, query: VersionsQuery) -> Answer:
    with request.use.database.read() as session:
        items = [
            {"version": each.version.number, "label": each.version.label, "deployments": each.deployments,
             "in_service": each.in_service, "others": each.others}
            for each in template_history.used(session, name)
        ]  # fmt: skip
    page, key = cut(
        items, lambda each: (each["version"],), after=query.after(int), limit=query.limit, descends=query.descends
    )
    return as_page(page, UsagePage, query, key)
