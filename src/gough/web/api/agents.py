"""What machines say: agents enrol and report, cloud-init tells of the first boot. The wire: docs/agent-protocol.md."""

from collections.abc import Iterator
from contextlib import contextmanager
from random import randint
from typing import Any

from pydantic import BaseModel, ConfigDict

from gough.domain.errors import Conflict, Gone, Invalid, NotFound, Refused, Unauthenticated, Unavailable
from gough.services import agents, replays, reports
from gough.services.agents import Enrolment, Heartbeat
from gough.services.fleet_hosts import enrolling
from gough.services.heartbeats import pack
from gough.services.replays import Heartbeats, NewKey
from gough.web.api.answers.site import Enrolled, FleetSecret, Heard, HeardMany, KeyTaken
from gough.web.body import BODY_CAP, parse_json
from gough.web.declaration import File
from gough.web.message import JSON, Answer, Request, as_json, moment
from gough.web.operation import Open, bearer, operation
from gough.web.problem import Fault

MIN_SPREAD_SECONDS = 10
REPORT = {"name": "modules-config", "event_type": "finish", "description": "running modules", "result": "SUCCESS"}


@operation(
    "POST /api/v1/agents/enroll", permission=Open.TOKEN, body=Enrolment,
    summary="Exchange a deployment's token for the right to report.", raises=(Unauthenticated, Conflict, Gone, Invalid),
    gives={200: Enrolled},
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
    gives={200: Heard}, body_limit=BODY_CAP,
)  # fmt: skip
def heartbeat(request: Request, agent_id: str, body: Heartbeat) -> Answer:
    with spread(request):
        answer = agents.heartbeat(request.use, agent_id, bearer(request), body, request.packed or pack(request.body))
    return as_json(_told(answer) | {"duplicate": answer.duplicate})


@operation(
    "POST /api/v1/agents/<agent_id>/heartbeats", permission=Open.AGENT, body=Heartbeats,
    summary="Bring heartbeats that could not be delivered when they were measured.",
    raises=(Unauthenticated, Gone, Invalid), gives={200: HeardMany}, body_limit=BODY_CAP,
)  # fmt: skip
def heartbeats(request: Request, agent_id: str, body: Heartbeats) -> Answer:
    with spread(request):
        answer, results = replays.take(request.use, agent_id, bearer(request), body)
    return as_json(_told(answer) | {"results": results})


@operation(
    "POST /api/v1/agents/<agent_id>/key", permission=Open.AGENT, body=NewKey,
    summary="Give an agent's next key: the one it has stays good until the new one is used.",
    raises=(Unauthenticated, Gone, Conflict, Invalid), gives={200: KeyTaken},
)  # fmt: skip
def key(request: Request, agent_id: str, body: NewKey) -> Answer:
    now = agents.change_key(request.use, agent_id, bearer(request), body.key_hash)
    return as_json({"server_time": moment(now)})


class NothingToSay(BaseModel):
    """The key says it all."""

    model_config = ConfigDict(extra="ignore")


@operation(
    "POST /api/v1/agents/<agent_id>/fleet-secret", permission=Open.AGENT, body=NothingToSay,
    summary="The secret with which a machine's osquery enrols in Fleet.",
    raises=(Unauthenticated, Gone, NotFound, Refused, Unavailable, Invalid), gives={200: FleetSecret},
)  # fmt: skip
def fleet_secret(request: Request, agent_id: str, body: NothingToSay) -> Answer:  # noqa: ARG001
    given = enrolling.secret_for(request.use, agent_id, bearer(request))
    return as_json({"server": given.server, "secret": given.secret})


def _told(answer: agents.Answer) -> dict[str, Any]:
    told: dict[str, Any] = {
        "interval_seconds": answer.interval_seconds, "server_time": moment(answer.server_time)
    }  # fmt: skip
    return told | ({"commands": answer.commands} if answer.commands else {})


@contextmanager
def spread(request: Request) -> Iterator[None]:
    """A thousand agents that are told to come later come at different times."""
    try:
        yield
    except Unavailable as error:
        longest = max(MIN_SPREAD_SECONDS, int(request.use.settings.agent_interval_seconds))
        later = ("Retry-After", str(randint(1, longest)))  # noqa: S311
        raise Fault(503, error.code, str(error), hint=error.hint, headers=(later,)) from error


@operation(
    "POST /api/v1/reports/cloud-init/<token>", permission=Open.TOKEN, summary="One report of a machine's first boot.",
    raises=(Unauthenticated, Invalid), gives={204: None}, body=File((JSON,), {JSON: REPORT}), body_limit=BODY_CAP,
)  # fmt: skip
def report(request: Request, token: str) -> Answer:
    said = parse_json(request)
    if not isinstance(said, dict):
        raise Invalid("A report is one JSON object.")
    reports.accept(request.use, token, said)
    return Answer(204)
