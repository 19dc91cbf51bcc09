"""What Ansible did on a machine, run by run."""

from typing import Any, Literal

from gough.domain.errors import Conflict, NotFound
from gough.domain.permissions import Permission
from gough.persistence.models import PlaybookRun as Row
from gough.services import playbooks
from gough.web.api.answers.deployments import PlaybookRunPage
from gough.web.api.paging import ListQuery, as_page, in_creation_order
from gough.web.message import Answer, Request, moment
from gough.web.operation import operation


class RunsQuery(ListQuery):
    sort: Literal["-started_at", "started_at"] = "-started_at"


@operation(
    "GET /api/v1/machines/<name>/playbook-runs", permission=Permission.VIEW, query=RunsQuery,
    gives={200: PlaybookRunPage}, raises=(NotFound, Conflict), summary="What Ansible did on a machine.",
)  # fmt: skip
def of_machine(request: Request, name: str, query: RunsQuery) -> Answer:
    with request.use.database.read() as session:
        rows, key = in_creation_order(session, playbooks.runs_of(session, name), Row, query)
        return as_page([_shown(row) for row in rows], PlaybookRunPage, query, key)


def _shown(row: Row) -> dict[str, Any]:
    return {
        "id": row.id, "deployment_id": row.deployment_id, "playbook": row.playbook, "state": row.state,
        "started_at": moment(row.started_at), "finished_at": moment(row.finished_at), "recap": row.recap,
        "said": row.said,
    }  # fmt: skip
