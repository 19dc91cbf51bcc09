"""Schemathesis asks every operation, as every kind of caller, what its description allows and what it does not."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from threading import Thread
from typing import Any

import orjson
import pytest
import schemathesis
from argon2 import PasswordHasher
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from sqlalchemy import select
from werkzeug.serving import WSGIRequestHandler, make_server

from gough.bootstrap import Application
from gough.domain.permissions import GRANTS, Role
from gough.persistence.models import User
from gough.services import api_keys, password_hashing
from gough.services.api_keys import Wish
from gough.web import openapi
from gough.web.declaration import Open
from gough.web.guard import Guard
from tests.integration.web.conftest import Client, serving
from tests.support.inhabited import Inhabited
from tests.support.site import Site

EXAMPLES = int(os.environ.get("GOUGH_API_EXAMPLES", "2"))  # of each operation; more: a longer search
WRONG_BY_MEANING = [409, 410, 412, 422, 428, 429, 502, 503]  # what a description of forms cannot rule out
CALLERS = ("anonymous", "agent", *(role.value for role in Role))


@pytest.fixture
def application(site: Site) -> Application:
    settings = site.use.settings.model_copy(update={"rate_limit": 0})
    site.use = replace(site.use, settings=settings)
    return serving(site)


@pytest.fixture
def inhabited(site: Site) -> Inhabited:
    made = Inhabited(site)
    made.settle_in()
    return made


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hash costs 0.2 s on purpose; here it would be most of the time."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(password_hashing, "_hasher", quick)
    monkeypatch.setattr(password_hashing, "_DUMMY", quick.hash("no such user"))


@pytest.fixture
def attacked(guard: Guard, inhabited: Inhabited) -> Iterator[str]:
    """The address of a Gough in which everything is. No live stream opens: it would not end."""
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
def auth(
    application: Application, person: Callable[[Role], Client], inhabited: Inhabited
) -> Callable[[str], dict[str, Any]]:
    """How that caller says who they are: people with a key of theirs, which nothing of this ends."""

    def of(caller: str) -> dict[str, Any]:
        if caller == "anonymous":
            return {}
        if caller == "agent":
            key = inhabited.key_of(inhabited.agents[0])
            return {"openapi": {"machine": {"bearer": key}, "key": {"bearer": key}}}
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


# What nobody gets a 2xx from here, and why.
OUT_OF_REACH = {
    "adoption_installer": "an adoption's token is shown once, to a person",
    "admission_begin": "wants a job that waits for a window",
    "api_keys_create": "a key makes no keys",
    "auth_confirm": "wants a code of this half minute",
    "auth_disable": "wants a second factor",
    "auth_enrol": "wants a sign-in, not a key",
    "auth_logout": "wants a sign-in, not a key",
    "auth_refresh": "wants a token of a sign-in",
    "deployments_redeploy_previous": "wants a released machine and an earlier version",
    "deployments_retry": "wants a failed deployment",
    "events_stream": "the feed is closed: it would not end",
    "agents_fleet_secret": "wants a Fleet server that answers",
    "fleet_hosts_results": "wants a policy of a Fleet server",
    "fleet_servers_add": "wants a Fleet server that answers",
    "fleet_servers_import_policies": "wants a Fleet server that answers",
    "fleet_servers_one": "wants a Fleet server",
    "fleet_servers_remove": "wants a Fleet server",
    "fleet_servers_test": "wants a Fleet server",
    "jobs_prioritise": "wants a job that waits",
    "jobs_retry": "wants a failed job",
    "regions_resume": "wants a paused region",
    "machines_redeploy": "wants a released machine and an earlier version",
    "operations_abort": "wants a machine that MAAS works on",
    "operations_exit_rescue": "wants a machine in rescue mode",
    "operations_unlock": "wants a locked machine",
    "system_readyz": "no worker runs here",
    "template_uses_diff": "its parameters exclude one another",
    "users_end_sign_in": "wants the id of a sign-in",
}
SHARE = {Role.ADMIN.value: 0.9, Role.OPERATOR.value: 0.85, Role.VIEWER.value: 0.9, "agent": 1.0, "anonymous": 1.0}
"""Of the operations that this caller may ask at all, how many must have given a 2xx."""


def open_to(caller: str) -> set[str]:
    """What the caller may ask, by operationId, without what nobody reaches here."""
    grants = GRANTS[Role(caller)] if caller in {role.value for role in Role} else frozenset()
    kinds = {"agent": {Open.PUBLIC, Open.AGENT}, "anonymous": {Open.PUBLIC}}.get(caller, {Open.PUBLIC})
    allowed = {o.operation_id for o in openapi.operations() if o.guard in grants or o.guard in kinds}
    return allowed - OUT_OF_REACH.keys()


@pytest.mark.timeout(400)
@pytest.mark.parametrize("caller", CALLERS)
def test_no_answer_is_undocumented_whoever_asks(
    attacked: str, auth: Callable[[str], dict[str, Any]], inhabited: Inhabited, caller: str
) -> None:
    described = orjson.loads(openapi.document())
    inhabited.fill(described)
    config = configured(auth(caller), thorough=caller == Role.ADMIN)
    config.projects.default.update(base_url=attacked)
    schema = schemathesis.openapi.from_dict(described, config=config)
    failures: dict[str, Any] = {}
    asked, reached = 0, set()
    names = {f"{o.method} {openapi.address(o)}": o.operation_id for o in openapi.operations()}
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            asked += len(event.recorder.cases)
            if any(i.response and i.response.status_code < 300 for i in event.recorder.interactions.values()):
                reached.add(names[event.recorder.label])
            for checks in event.recorder.checks.values():
                failures |= {
                    f"{event.recorder.label} {check.name}: {check.failure_info.failure}": None
                    for check in checks
                    if check.failure_info is not None
                }
        assert not isinstance(event, events.FatalError | events.NonFatalError), getattr(event, "value", event)
    assert not failures, "\n".join(failures)
    assert asked > 100
    missed = sorted(open_to(caller) - reached)
    assert len(missed) <= (1 - SHARE[caller]) * len(open_to(caller)), missed
