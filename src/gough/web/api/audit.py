"""Who did what."""

from typing import Literal

from pydantic import Field

from gough.domain.permissions import Permission
from gough.persistence.models import AuditEntry
from gough.services import audit, keyset
from gough.web.api.answers.people import AuditPage
from gough.web.api.auth import with_moments
from gough.web.api.paging import ListQuery, as_page
from gough.web.message import Answer, Request
from gough.web.operation import operation
from gough.web.query import When


class AuditQuery(ListQuery):
    """`action` and `target` are parts of the text."""

    sort: Literal["-id", "id"] = "-id"
    actor: str = Field("", max_length=150)
    action: str = Field("", max_length=150)
    target: str = Field("", max_length=300)
    since: When | None = None


@operation(
    "GET /api/v1/audit", permission=Permission.AUDIT, query=AuditQuery, gives={200: AuditPage},
    summary="Who changed what, from where; the newest first.",
)  # fmt: skip
def listed(request: Request, query: AuditQuery) -> Answer:
    chosen = audit.chosen(actor=query.actor, action=query.action, target=query.target, since=query.since)
    with request.use.database.read() as session:
        found, key = keyset.page(
            session, chosen, (AuditEntry.id,), after=query.after(int), limit=query.limit, descends=query.descends
        )
        return as_page([with_moments(audit.details(row)) for row in found], AuditPage, query, key)
