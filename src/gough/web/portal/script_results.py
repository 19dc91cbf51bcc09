"""What MAAS's scripts said of a machine: the list, and one script's output."""

from typing import Any

from gough.domain.errors import Conflict, NotFound, Refused, Unavailable
from gough.domain.permissions import Permission
from gough.ports import ScriptResult
from gough.services import machines, script_results
from gough.services.sync.scripts import FAILED
from gough.web.message import Answer, Request
from gough.web.operation import operation
from gough.web.portal.page import page
from gough.web.problem import Trouble, trouble_of

ASKING = (NotFound,)
SHOWN_BYTES = 256 * 1024  # of an output; the API has more of it
KINDS = {"commissioning": "Commissioning", "testing": "Testing", "installation": "Installation"}
"""in the order of a machine's life; others follow"""
MARKS = {"Passed": "done", "Skipped": "skipped", "Aborted": "cancelled", "Running": "running"}


@operation(
    "GET /machines/<name>/results", permission=Permission.VIEW, raises=ASKING, is_page=True,
    summary="The results of its scripts in MAAS.",
)  # fmt: skip
def listed(request: Request, name: str) -> Answer:
    machine = _machine(request, name)
    found, trouble = _asked(request, name)
    kinds = [*KINDS, *sorted({each.kind for each in found} - KINDS.keys())]
    ran = {kind: [_row(each) for each in found if each.kind == kind] for kind in kinds}
    groups = [(KINDS.get(kind, kind.capitalize()), rows) for kind, rows in ran.items() if rows]
    return page(request, "results.html", machine=machine, groups=groups, trouble=trouble)


@operation(
    "GET /machines/<name>/results/<script>", permission=Permission.VIEW, raises=ASKING, is_page=True,
    summary="What one of its scripts in MAAS said.",
)  # fmt: skip
def one(request: Request, name: str, script: str) -> Answer:
    machine = _machine(request, name)
    found, trouble = _asked(request, name, script)
    rows = [_row(each, whole=True) for each in found]
    return page(request, "result.html", machine=machine, script=script, found=rows, trouble=trouble)


def _asked(request: Request, name: str, script: str = "") -> tuple[list[ScriptResult], Trouble | None]:
    """What the region says; where it says nothing, the page stands and tells why."""
    try:
        return script_results.read(request.use, name, output_of=script), None
    except (Refused, Unavailable, Conflict) as error:
        return [], trouble_of(error)


def _machine(request: Request, name: str) -> dict[str, str]:
    with request.use.database.read() as session:
        machine = machines.find(session, name)
        return {"id": machine.id, "hostname": machine.hostname}


def _row(each: ScriptResult, *, whole: bool = False) -> dict[str, Any]:
    """`output` has its end only where it is long: the end says why."""
    said = each.output.encode()
    return {
        "name": each.name, "device": each.device, "exit_status": each.exit_status, "status": each.status,
        "mark": "failed" if each.status in FAILED else MARKS.get(each.status, "pending"),
        "cause": script_results.meaning(each) if whole else None,
        "output": said[-SHOWN_BYTES:].decode("utf-8", "ignore"), "bytes": len(said), "is_cut": len(said) > SHOWN_BYTES,
    }  # fmt: skip
