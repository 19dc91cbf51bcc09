"""What Fleet knows: policies and how they turn out, hosts and the machines they are."""

from collections import Counter

from gough.domain.errors import NotFound
from gough.domain.fleet_hosts import Verdict
from gough.domain.host_binding import By
from gough.domain.permissions import Permission
from gough.services.fleet_hosts import reading, servers
from gough.web.message import Answer, Request
from gough.web.operation import operation
from gough.web.portal import columns
from gough.web.portal.page import page
from gough.web.portal.tables import as_file, is_file

ROWS = 200
FILE_ROWS = 100_000
VERDICTS = (Verdict.FAIL.value, Verdict.UNKNOWN.value, Verdict.PASS.value)
STATUSES = ("online", "offline")
BINDINGS = tuple(by.value for by in By)


@operation("GET /security", permission=Permission.VIEW, summary="Every policy, what fails first.", is_page=True)
def policies(request: Request) -> Answer:
    with request.use.database.read() as session:
        found = reading.policies(session)
        followed = servers.listed(session)
    if is_file(request):
        return as_file("policies", columns.POLICIES, found)
    counted = Counter(_kind(line) for line in found)
    return page(request, "policies.html", found=sorted(found, key=_urgency), followed=followed, counted=counted)


@operation(
    "GET /security/policies/<policy_id>", permission=Permission.VIEW, summary="How a policy turns out on each host.",
    raises=(NotFound,), is_page=True,
)  # fmt: skip
def policy(request: Request, policy_id: str) -> Answer:
    verdict = _one_of(request, "verdict", VERDICTS)
    limit = FILE_ROWS if is_file(request) else ROWS + 1
    with request.use.database.read() as session:
        line = next((each for each in reading.policies(session) if each.policy.id == policy_id), None)
        found = reading.results(session, policy_id, verdict=verdict, limit=limit)
    if is_file(request):
        return as_file("policy", columns.RESULTS, found)
    return page(
        request, "policy.html", line=line, found=found[:ROWS], more=len(found) > ROWS, verdict_asked=verdict,
        verdicts=VERDICTS,
    )  # fmt: skip


@operation("GET /security/hosts", permission=Permission.VIEW, summary="Hosts, and the machines they are.", is_page=True)
def hosts(request: Request) -> Answer:
    asked = {"status": _one_of(request, "status", STATUSES), "binding": _one_of(request, "binding", BINDINGS)}
    limit = FILE_ROWS if is_file(request) else ROWS + 1
    with request.use.database.read() as session:
        found = reading.hosts(session, limit=limit, status=asked["status"], binding=asked["binding"])
        followed = servers.listed(session)
    if is_file(request):
        return as_file("hosts", columns.HOSTS, found)
    return page(
        request, "hosts.html", found=found[:ROWS], more=len(found) > ROWS, asked=asked, followed=followed,
        choices={"status": STATUSES, "binding": BINDINGS},
    )  # fmt: skip


def _one_of(request: Request, name: str, known: tuple[str, ...]) -> str:
    """The filter of that name; what is none of the known narrows nothing."""
    given = request.query.get(name, "")
    return given if given in known else ""


def _kind(line: reading.PolicyLine) -> str:
    if not line.failing:
        return "passing"
    return "critical" if line.policy.critical else "failing"


def _urgency(line: reading.PolicyLine) -> tuple[int, int, str]:
    return ("critical", "failing", "passing").index(_kind(line)), -line.failing, line.policy.name
