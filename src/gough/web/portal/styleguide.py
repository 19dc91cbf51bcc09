"""The parts that pages are made of, in each of their states, drawn by the templates themselves; where DEBUG is on."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace as Part
from typing import Any

from gough.domain.errors import Conflict, Invalid, NotFound, Problem
from gough.domain.permissions import Permission
from gough.domain.service_state import ServiceState
from gough.domain.variables import Variable, VariableType
from gough.services.queue import Waits
from gough.web.message import Answer, Request
from gough.web.operation import operation
from gough.web.portal.actions import Offer
from gough.web.portal.forms import complaint
from gough.web.portal.page import page
from gough.web.portal.plans import NOTHING, variable_fields

SHAPES = (
    "done", "running", "failed", "skipped", "cancelled", "queued", "waiting", "refused", "stopping", "stopped", "slow",
)  # fmt: skip
OFFERS = (
    Offer("primary", "Adopt", "/_styleguide", is_primary=True),
    Offer("plain", "Test", "/_styleguide"),
    Offer("asking", "Release", "/_styleguide", typed=True, says="The machine goes back to MAAS's pool."),
    Offer("theirs", "Power off", "/_styleguide", not_ours="Yes, although it belongs to alice: I have asked"),
    Offer("impossible", "Commission", "/_styleguide", why_not="Not possible while MAAS says Deployed."),
)

DIAGNOSIS = {
    "stage": "install", "cause": "install-stuck", "summary": "The installer started and then fell silent.",
    "evidence": ["20:28:04 maas Loading ephemeral", "20:28:05 maas Installing OS"],
    "next_action": "Look at the machine's console, then retry (the disk is wiped).",
}  # fmt: skip
VARIABLES = tuple(
    Variable(
        kind.value, kind, "What it is for.", required=kind is VariableType.STRING,
        choices=("one", "two") if kind is VariableType.ENUM else (),
    )
    for kind in VariableType
)  # fmt: skip
"""A variable of each type; the text is required, and wrong on the page"""


@operation(
    "GET /_styleguide", permission=Permission.VIEW, raises=(NotFound,), is_page=True,
    summary="The parts of pages in every state; only where DEBUG is on.",
)  # fmt: skip
def shown(request: Request) -> Answer:
    if not request.use.settings.debug:
        raise NotFound("There is no style guide here.", hint="It is shown where DEBUG is on.")
    now = datetime.now(UTC)
    refused = Invalid("Nothing was changed.", hint="Correct what is marked.", problems=[Problem("/name", "is missing")])
    return page(
        request, "styleguide.html", services=tuple(ServiceState), shapes=SHAPES, offers=OFFERS, now=now,
        job=_job(now),
        waits_for=Waits("its maintenance window", now + timedelta(hours=5)), held=Waits("Gough is paused"),
        found=DIAGNOSIS, said=complaint(refused, {"/name": "name"}),
        conflict=complaint(Conflict("node-01 is busy with a deployment.", hint="Wait for it."), {}).trouble,
        fields=variable_fields(VARIABLES, NOTHING, {"v.string": "expected a name"}),
        region=Part(name="oslo", id="reg_1", import_done=140, import_total=1100),
    )  # fmt: skip


def _job(now: datetime) -> Part:
    """One stage in every state."""
    began, deadline = now - timedelta(minutes=3), now + timedelta(minutes=42)
    stages: dict[str, dict[str, Any]] = {
        "validate": {"state": "done"}, "submit": {"state": "skipped", "waived_by": "not configured"},
        "install": {"state": "running", "progress": "curtin: partitioning sda"},
        "first-boot": {"state": "failed", "outcome": "overdue", "cause": ""}, "agent": {"state": "pending"},
    }  # fmt: skip
    steps = [
        Part(name=name, started_at=began, finished_at=now, deadline_at=deadline, **{"progress": "", **about})
        for name, about in stages.items()
    ]
    machine = Part(hostname="node-01")
    return Part(
        id="job_1", kind="deployment", state="running", steps=steps, machine=machine, machine_id="mac_1",
        parameters={"template": "docker-host@1"},
    )  # fmt: skip
