"""Schemathesis asks every operation, as every kind of caller, what its description allows and what it does not."""

import os
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from sqlalchemy import select
from werkzeug.serving import WSGIRequestHandler, make_server

from gough.bootstrap import Application
from gough.config import Settings
from gough.domain.machine_status import MachineStatus
from gough.domain.permissions import GRANTS, Role
from gough.persistence.models import User
from gough.services import api_keys
from gough.services.api_keys import Wish
from gough.web.guard import Guard
from tests.integration.web.conftest import Client, add_machine

EXAMPLES = int(os.environ.get("GOUGH_API_EXAMPLES", "2"))  # of each operation; more: a longer search
WRONG_BY_MEANING = [409, 410, 412, 422, 428, 429, 502, 503]  # what a description of forms cannot rule out
CALLERS = ("anonymous", "agent", *(role.value for role in Role))


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"rate_limit": 0})


@pytest.fixture
def attacked(guard: Guard, application: Application) -> Iterator[str]:
    """The address of a Gough with something in it. No live stream opens: it would not end."""
    for hostname, status in (("node-01", MachineStatus.READY), ("node-02", MachineStatus.DEPLOYED)):
        add_machine(application, hostname, status)
    guard.site.feed.close()
    with make_server("127.0.0.1", 0, guard, request_handler=Silent) as server:
        serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        serving.join()


class Silent(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_: Any) -> None:
        """Thousands of requests."""


@pytest.fixture
def auth(application: Application, person: Callable[[Role], Client]) -> Callable[[str], dict[str, Any]]:
    """How that caller says who they are: people with a key of theirs, which nothing of this ends."""

    def of(caller: str) -> dict[str, Any]:
        if caller == "anonymous":
            return {}
        if caller == "agent":
            return {"openapi": {"machine": {"bearer": "the-key-of-some-agent"}, "key": {"bearer": "the-same"}}}
        person(Role(caller))
        with application.use.database.read() as session:
            owner = session.scalars(select(User).where(User.name == caller)).one()
        _, key = api_keys.create(application.use, owner.id, Wish("a test", GRANTS[Role(caller)]))
        return {"openapi": {"key": {"bearer": key}}}

    return of


def configured(auth: dict[str, Any], *, thorough: bool) -> SchemathesisConfig:
    return SchemathesisConfig.from_dict(
        {
            "seed": 1,
            "auth": auth,
            "generation": {"max-examples": EXAMPLES if thorough else 1, "deterministic": True, "no-shrink": True,
                           "database": "none",
                           "with-security-parameters": False},
            "phases": {"stateful": {"enabled": False}, "coverage": {"enabled": thorough}},
            "checks": {
                "not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", 502, 503]},
                "positive_data_acceptance": {"expected-statuses": ["2xx", 401, 403, 404, *WRONG_BY_MEANING]},
                "negative_data_rejection": {"expected-statuses": [400, 401, 403, 404, 413, 415, *WRONG_BY_MEANING]},
                "missing_required_header": {"expected-statuses": [401, 403, 404, 422, 428]},
            },
        }
    )  # fmt: skip


@pytest.mark.timeout(400)
@pytest.mark.parametrize("caller", CALLERS)
def test_no_answer_is_undocumented_whoever_asks(
    attacked: str, auth: Callable[[str], dict[str, Any]], caller: str
) -> None:
    schema = schemathesis.openapi.from_url(
        f"{attacked}/openapi.json", config=configured(auth(caller), thorough=caller == Role.ADMIN)
    )
    failures: dict[str, Any] = {}
    asked = 0
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            asked += len(event.recorder.cases)
            for checks in event.recorder.checks.values():
                failures |= {
                    f"{event.recorder.label} {check.name}: {check.failure_info.failure}": None
                    for check in checks
                    if check.failure_info is not None
                }
        assert not isinstance(event, events.FatalError | events.NonFatalError), getattr(event, "value", event)
    assert not failures, "\n".join(failures)
    assert asked > 100
