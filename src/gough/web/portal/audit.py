"""Who did what: the audit log, newest first."""

from typing import Any
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from gough.domain.permissions import Permission
from gough.services import audit
from gough.services.keyset import Key
from gough.web.message import Answer, Request
from gough.web.operation import operation
from gough.web.portal import columns
from gough.web.portal.page import page
from gough.web.portal.tables import as_file, every, is_file

PAGE = 100
FILE_ROWS = 1000
FILTERS = {"actor": "Who", "action": "What", "target": "To what"}


@operation("GET /audit", permission=Permission.AUDIT, summary="Who changed what.", is_page=True)
def listed(request: Request) -> Answer:
    given = {name: request.query.get(name, "").strip()[:300] for name in FILTERS}
    behind = request.query.get("before", "")
    before = int(behind) if behind.isascii() and behind.isdecimal() and len(behind) < 19 else 0
    wanted = audit.chosen(actor=given["actor"], action=given["action"], target=given["target"])

    def entries(session: Session, after: Key | None) -> tuple[list[dict[str, Any]], Key | None]:
        found = audit.newest(session, wanted, limit=FILE_ROWS, before_id=after[0] if after else 0)
        return [*map(audit.details, found)], (found[-1].id,) if len(found) == FILE_ROWS else None

    if is_file(request):
        return as_file("audit", columns.AUDIT, every(request, entries))
    with request.use.database.read() as session:
        found = audit.newest(session, wanted, limit=PAGE + 1, before_id=before)
        rows = [audit.details(row) for row in found[:PAGE]]
    more = urlencode({**given, "before": rows[-1]["id"]}) if len(found) > PAGE else ""
    return page(request, "audit.html", found=rows, given=given, filters=FILTERS, more=more,
                file="/audit?" + urlencode({**given, "format": "csv"}))  # fmt: skip
