"""What MAAS's commissioning, testing and installation scripts said of a machine, asked of the region now."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from pydantic import Field

from gough.domain.errors import Conflict, NotFound, Refused, Unavailable
from gough.domain.permissions import Permission
from gough.ports import ScriptResult
from gough.services import keyset, script_results
from gough.web.api.answers.machines import ResultPage
from gough.web.api.paging import ListQuery, as_page
from gough.web.message import Answer, Request
from gough.web.operation import operation

OUTPUT_CAP = 1024 * 1024
ASKING = (NotFound, Conflict, Refused, Unavailable)


class ResultsQuery(ListQuery):
    """`output`: only this script's results, with what it said."""

    limit: int = Field(200, ge=1, le=200)
    sort: Literal["newest"] = "newest"
    output: str = Field("", max_length=255)


@operation(
    "GET /api/v1/machines/<name>/results", permission=Permission.VIEW, raises=ASKING,
    query=ResultsQuery, gives={200: ResultPage},
    summary="The results of its scripts in MAAS, newest first; with `?output=SCRIPT` that script's, with its output.",
)  # fmt: skip
def results(request: Request, name: str, query: ResultsQuery) -> Answer:
    wanted, after = query.output, query.after(int)
    found = script_results.read(request.use, name, output_of=wanted)
    numbered, key = keyset.cut(
        list(enumerate(found)), lambda each: (each[0],), after=after, limit=query.limit, descends=False
    )
    page = [each for _, each in numbered]
    items = list(_with_output(page)) if wanted else [_shape(each) for each in page]
    return as_page(items, ResultPage, query, key)


def _shape(each: ScriptResult) -> dict[str, Any]:
    return {"name": each.name, "kind": each.kind, "status": each.status, "exit_status": each.exit_status,
            "device": each.device}  # fmt: skip


def _meaning(each: ScriptResult) -> dict[str, Any]:
    """What it means that it failed; null for all others, and where no cause is known."""
    cause = script_results.meaning(each)
    return {"cause": cause and {"name": cause.cause, "summary": cause.summary, "next_action": cause.next_action}}


def _with_output(found: Sequence[ScriptResult]) -> Iterator[dict[str, Any]]:
    """One answer holds at most OUTPUT_CAP bytes of output; what is cut off is its beginning: the end says why."""
    left = OUTPUT_CAP
    for each in found:
        whole = each.output.encode()
        kept = whole[max(0, len(whole) - left) :]
        left -= len(kept)
        yield {
            **_shape(each), **_meaning(each), "output": kept.decode("utf-8", "ignore"), "output_bytes": len(whole),
            "output_truncated": len(kept) < len(whole),
        }  # fmt: skip
