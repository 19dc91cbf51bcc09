"""The fleet's top lists: who is highest in each series, who waits for a reboot, who for security updates."""

from gough.domain.metrics import SERIES
from gough.domain.permissions import Permission
from gough.services import fleet
from gough.web.message import Answer, Request
from gough.web.operation import operation
from gough.web.portal.page import page

SHOWN = 10
MOST = 10_000  # a fleet; how many wait is said, too


@operation("GET /top", permission=Permission.VIEW, summary="The fleet's highest, and its upkeep.", is_page=True)
def top(request: Request) -> Answer:
    with request.use.database.read() as session:
        now = request.use.database.now(session)
        highest = fleet.highest(session, [series.name for series in SERIES], SHOWN, now)
        upkeep = fleet.upkeep(session, MOST)
        lists = [(series, highest[series.name]) for series in SERIES if any(p.value for p in highest[series.name])]
        return page(request, "top.html", session=session, lists=lists, upkeep=upkeep, shown=SHOWN)
