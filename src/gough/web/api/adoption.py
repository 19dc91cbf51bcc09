"""Adopting machines that somebody else installed."""

from gough.domain.errors import Conflict, Gone, Misconfigured, NotFound, Unauthenticated
from gough.domain.permissions import Permission
from gough.services import adoption, jobs
from gough.web.api import shapes
from gough.web.api.answers.machines import Adopted
from gough.web.api.machines import Strict
from gough.web.declaration import Media
from gough.web.message import Answer, Request, as_json
from gough.web.operation import Open, bearer, operation

NOT_KEPT = ("Cache-Control", "no-store")  # both answers carry a secret


class Adopt(Strict):
    """Nothing to say yet."""


@operation(
    "POST /api/v1/machines/<name>/adopt", permission=Permission.DEPLOY, body=Adopt,
    summary="Bring an installed machine in service; answers the command to run on it, once.",
    raises=(NotFound, Conflict, Misconfigured), gives={202: Adopted},
)  # fmt: skip
def adopt(request: Request, name: str, body: Adopt) -> Answer:  # noqa: ARG001  (refuses unknown fields)
    made = adoption.adopt(request.use, name, by=request.by)
    with request.use.database.read() as session:
        shown = shapes.a_job(jobs.find(session, made.job.id))
    headers = (("Location", f"/api/v1/jobs/{made.job.id}"), NOT_KEPT)
    return as_json({"job": shown, "command": made.command, "script": made.script}, 202, headers)


@operation(
    "GET /adopt", permission=Open.TOKEN, summary="The agent's installer for whoever holds an adoption's token.",
    raises=(Unauthenticated, Gone, Misconfigured), gives={200: Media("text/x-shellscript", example="#!/bin/sh\n")},
)  # fmt: skip
def installer(request: Request) -> Answer:
    script = adoption.script_for(request.use, bearer(request))
    return Answer(200, script.encode(), (("Content-Type", "text/x-shellscript; charset=utf-8"), NOT_KEPT))
