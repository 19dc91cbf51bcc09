"""Templates: which there are; one version with its variables and files; every version, and where each runs."""

from gough.domain.errors import Invalid, NotFound
from gough.domain.permissions import Permission
from gough.services import template_history, templates
from gough.services.template_shape import composed
from gough.web.message import Answer, Request
from gough.web.operation import operation
from gough.web.portal import columns
from gough.web.portal.page import page
from gough.web.portal.plans import NOTHING, variable_fields
from gough.web.portal.tables import as_file, is_file
from gough.web.portal.template_files import files_of

MOST_MACHINES = 200


@operation("GET /templates", permission=Permission.VIEW, summary="Every template.", is_page=True)
def listed(request: Request) -> Answer:
    with request.use.database.read() as session:
        found = []
        for version in templates.newest_versions(session):
            uses = template_history.used(session, version.template.name)
            newest = len(uses[0].in_service) + len(uses[0].others)
            every = sum(len(use.in_service) + len(use.others) for use in uses)
            found.append((version, templates.source_of(version), every, every - newest))
    if is_file(request):
        return as_file("templates", columns.TEMPLATES, found)
    return page(request, "templates.html", found=found)


@operation(
    "GET /templates/<name>", permission=Permission.VIEW, summary="One version: `name` or `name@2`.",
    raises=(NotFound, Invalid), is_page=True,
)  # fmt: skip
def one(request: Request, name: str) -> Answer:
    with request.use.database.read() as session:
        version = templates.find_version(session, name)
        source = templates.source_of(version)
        uses = template_history.used(session, source.name)
        return page(
            request, "template.html", session=session, version=version, source=source, uses=uses,
            files=files_of(source), fields=variable_fields(source.variables, NOTHING, {}), most=MOST_MACHINES,
            composed=[composed(each) for each in version.ancestors],
        )  # fmt: skip
