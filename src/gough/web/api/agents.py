"""What machines say: agents enrol and report, cloud-init tells of the first boot. The wire: docs/agent-protocol.md."""

from gough.domain.errors import Conflict, Gone, Invalid, Unauthenticated
from gough.services import agents, reports
from gough.services.agents import Enrolment, Heartbeat
from gough.web.body import parse_json
from gough.web.message import Answer, Request, as_json, moment
from gough.web.operation import Open, bearer, operation


@operation(
    "POST /api/v1/agents/enroll", permission=Open.TOKEN, body=Enrolment,
    summary="Exchange a deployment's token for the right to report.", raises=(Unauthenticated, Conflict, Gone, Invalid),
)  # fmt: skip
def enroll(request: Request, body: Enrolment) -> Answer:
    answer = agents.enrol(request.use, body)
    return as_json(
        {
            "agent_id": answer.agent_id,
            "interval_seconds": answer.interval_seconds,
            "server_time": moment(answer.server_time),
        }
    )


@operation(
    "POST /api/v1/agents/<agent_id>/heartbeat", permission=Open.AGENT, body=Heartbeat,
    summary="Report what an agent has collected.", raises=(Unauthenticated, Gone, Invalid),
)  # fmt: skip
def heartbeat(request: Request, agent_id: str, body: Heartbeat) -> Answer:
    answer = agents.heartbeat(request.use, agent_id, bearer(request), body)
    return as_json(
        {
            "interval_seconds": answer.interval_seconds,
            "server_time": moment(answer.server_time),
            "duplicate": answer.duplicate,
        }
    )


@operation(
    "POST /api/v1/reports/cloud-init/<token>", permission=Open.TOKEN, summary="One report of a machine's first boot.",
    raises=(Unauthenticated, Invalid),
)  # fmt: skip
def report(request: Request, token: str) -> Answer:
    said = parse_json(request)
    if not isinstance(said, dict):
        raise Invalid("A report is one JSON object.")
    reports.accept(request.use, token, said)
    return Answer(204)
