"""`Idempotency-Key`: what is sent twice is done once and answered twice."""

from threading import Event, Thread

import httpx
import pytest
from sqlalchemy import select, update

from gough.bootstrap import Application
from gough.domain.errors import Misconfigured
from gough.persistence.models import Job, KeptAnswer, Machine
from gough.services import idempotency
from gough.services.secrets import Sealer
from gough.web.declaration import REGISTRY
from gough.web.guard import Guard
from gough.web.message import Answer, Request
from tests.integration.web.conftest import SSH_KEY, Client, add_machine

DEPLOY = {"template": "docker-host", "variables": {"ssh_keys": [SSH_KEY]}}


def send(client: Client, path: str, body: object, key: str = "once") -> httpx.Response:
    return client.post(path, json=body, headers={"X-CSRF-Token": client.csrf, "Idempotency-Key": key})


def deploying(client: Client, node: Machine, key: str = "once", **more: object) -> httpx.Response:
    return send(client, f"/api/v1/machines/{node.id}/deploy", {**DEPLOY, **more}, key)


def kept(application: Application) -> list[KeptAnswer]:
    with application.use.database.read() as session:
        return list(session.scalars(select(KeptAnswer)))


def test_a_repeated_request_has_the_same_answer_and_one_effect(
    operator: Client, application: Application, node: Machine
) -> None:
    first, again = deploying(operator, node), deploying(operator, node)
    assert (first.status_code, again.status_code) == (202, 202)
    assert (again.content, again.headers["location"]) == (first.content, first.headers["location"])
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    with application.use.database.read() as session:
        assert len(session.scalars(select(Job)).all()) == 1
    assert deploying(operator, node, key="another").status_code == 409


def test_a_key_belongs_to_one_request_of_one_caller(
    operator: Client, admin: Client, application: Application, node: Machine
) -> None:
    other = add_machine(application, "node-02")
    assert deploying(operator, node).status_code == 202
    for answer in (deploying(operator, node, lock=True), deploying(operator, other)):
        assert answer.status_code == 422
        assert [e["pointer"] for e in answer.json()["errors"]] == ["Idempotency-Key"]
    assert deploying(admin, other).status_code == 202


def test_what_failed_may_be_sent_again_with_its_key(operator: Client, application: Application, node: Machine) -> None:
    assert deploying(operator, node, pool="\t").status_code == 422
    assert kept(application) == []
    assert deploying(operator, node).status_code == 202


def test_of_two_at_a_time_one_runs(guard: Guard, admin: Client, application: Application) -> None:
    begun, go_on = Event(), Event()
    known = REGISTRY["POST", "/api/v1/jobs/pause"]
    handler = known.handler

    def slow(request: Request, body: object) -> Answer:
        begun.set()
        assert go_on.wait(20)
        return handler(request, body=body)

    object.__setattr__(known, "handler", slow)
    answers: list[httpx.Response] = []
    thread = Thread(target=lambda: answers.append(send(admin, "/api/v1/jobs/pause", {})))
    try:
        thread.start()
        assert begun.wait(20)
        with Client(transport=httpx.WSGITransport(guard), base_url=admin.base_url, cookies=admin.cookies) as beside:
            beside.csrf = admin.csrf
            busy = send(beside, "/api/v1/jobs/pause", {})
        assert (busy.status_code, busy.json()["code"]) == (409, "CONFLICT")
    finally:
        go_on.set()
        thread.join(20)
        object.__setattr__(known, "handler", handler)
    assert answers[0].status_code == 200
    assert send(admin, "/api/v1/jobs/pause", {}).content == answers[0].content


def test_answers_are_sealed_and_leave_after_a_day(operator: Client, application: Application) -> None:
    path, wish = "/api/v1/api-keys", {"name": "mine", "scopes": ["view"]}
    first = send(operator, path, wish)
    assert first.status_code == 201, first.text
    secret = first.json()["key"]
    assert send(operator, path, wish).json()["key"] == secret
    (row,) = kept(application)
    assert row.answer_sealed is not None
    with pytest.raises(Misconfigured):
        Sealer("somebody else's secret key of Gough").open(row.answer_sealed.encode())
    assert row.expires_at - row.created_at >= idempotency.KEPT_FOR
    with application.use.database.write() as session:
        session.execute(update(KeptAnswer).values(expires_at=KeptAnswer.created_at))
    assert send(operator, path, wish, key="new").json()["key"] != secret
    assert len(kept(application)) == 1


@pytest.mark.parametrize("key", ["", "with blanks", "x" * 256])
def test_an_unusable_key_is_refused(admin: Client, key: str) -> None:
    assert send(admin, "/api/v1/jobs/pause", {}, key).status_code == 422
