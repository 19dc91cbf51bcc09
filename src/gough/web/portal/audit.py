"""Who did what: the audit log, newest first."""

from urllib.parse import urlencode

from gough.domain.permissions import Permission
from gough.services import audit
from gough.web.message import Answer, Request
from gough.web.operation import operation
from gough.web.portal.page import page

PAGE = 100
FILTERS = {"actor": "Who", "action": "What", "target": "To what"}


@operation("GET /audit", permission=Permission.AUDIT, summary="Who changed what.", is_page=True)
def listed(request: Request) -> Answer:
    given = {name: request.query.get(name, "").strip()[:300] for name in FILTERS}
    behind = request.query.get("before", "")
    before = int(behind) if behind.isascii() and behind.isdecimal() and len(behind) < 19 else 0
    with request.use.database.read() as session:
        found = audit.newest(
            session,
            audit.chosen(actor=given["actor"], action=given["action"], target=given["target"]),
            limit=PAGE + 1,
            before_id=before,
        )
        rows = [audit.details(row) for row in found[:PAGE]]
    more = urlencode({**given, "before": rows[-1]["id"]}) if len(found) > PAGE else ""
    return page(request, "audit.html", found=rows, given=given, filters=FILTERS, more=more)
