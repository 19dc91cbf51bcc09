"""What MAAS's commissioning, testing and installation scripts said of a machine, asked of the region now."""

from collections.abc import Iterator, Sequence
from typing import Any

from gough.domain.errors import Conflict, NotFound, Refused, Unavailable
from gough.domain.permissions import Permission
from gough.ports import ScriptResult
from gough.services import script_results
from gough.web.message import Answer, Request, as_json
from gough.web.operation import operation

OUTPUT_CAP = 1024 * 1024
ASKING = (NotFound, Conflict, Refused, Unavailable)


@operation(
    "GET /api/v1/machines/<name>/results", permission=Permission.VIEW, raises=ASKING,
    summary="The results of its scripts in MAAS, newest first; with `?output=SCRIPT` that script's, with its output.",
)  # fmt: skip
def results(request: Request, name: str) -> Answer:
    wanted = request.query.get("output", "")
    found = script_results.read(request.use, name, output_of=wanted)
    return as_json({"items": list(_with_output(found)) if wanted else [_shape(each) for each in found]})


def _shape(each: ScriptResult) -> dict[str, Any]:
    return {"name": each.name, "kind": each.kind, "status": each.status, "exit_status": each.exit_status}


def _with_output(found: Sequence[ScriptResult]) -> Iterator[dict[str, Any]]:
    """One answer holds at most OUTPUT_CAP bytes of output; what is cut off is its beginning: the end says why."""
    left = OUTPUT_CAP
    for each in found:
        whole = each.output.encode()
        kept = whole[max(0, len(whole) - left) :]
        left -= len(kept)
        yield {
            **_shape(each), "output": kept.decode("utf-8", "ignore"), "output_bytes": len(whole),
            "output_truncated": len(kept) < len(whole),
        }  # fmt: skip
