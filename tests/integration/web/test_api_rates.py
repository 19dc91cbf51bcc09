"""How often one may ask: told with every answer, refused with 429, and a limit is no reason to stand still."""

import httpx
import pytest
from pydantic import SecretStr

from gough.bootstrap import Application
from gough.config import Settings
from gough.persistence.models import Machine
from gough.web import openapi
from gough.web.declaration import REGISTRY
from gough.web.guard import Guard
from gough.web.rates import CALLER, FREE, PUBLIC, policy_of
from gough.web.wsgi import create
from tests.integration.web.conftest import BASE, Client

MOST = 5


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"rate_limit": MOST})


def test_a_caller_is_told_and_then_refused(viewer: Client, operator: Client) -> None:
    for left in reversed(range(MOST)):
        answer = viewer.get("/api/v1/jobs")
        assert answer.status_code == 200
        assert answer.headers["ratelimit-policy"] == f'"caller";q={MOST};w=60'
        assert answer.headers["ratelimit"].startswith(f'"caller";r={left};t=')
    refused = viewer.get("/api/v1/jobs")
    assert (refused.status_code, refused.json()["code"]) == (429, "TOO_MANY_REQUESTS")
    assert refused.json()["retryable"] and 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["ratelimit"].startswith('"caller";r=0;')
    assert operator.get("/api/v1/jobs").status_code == 200, "another caller"
    assert viewer.get("/healthz").status_code == 200, "whoever watches the process is not counted"


def test_strangers_count_by_address_and_so_does_who_guesses_keys(guard: Guard) -> None:
    def ask(address: str, key: str) -> int:
        transport = httpx.WSGITransport(guard, remote_addr=address)
        with Client(transport=transport, base_url=BASE, headers={"Authorization": f"Bearer {key}"}) as client:
            return client.get("/api/v1/jobs").status_code

    assert [ask("192.0.2.1", f"guess-{n}") for n in range(MOST + 1)] == [*[401] * MOST, 429]
    assert ask("192.0.2.2", "guess") == 401
    assert [ask(f"2001:db8::{n:x}", "guess") for n in range(MOST + 1)] == [*[401] * MOST, 429], "one network"
    assert ask("2001:db8:0:1::1", "guess") == 401


def test_each_agent_has_a_limit_of_its_own(outsider: Client, node: Machine) -> None:
    """Two minutes' worth of heartbeats a minute, at least 60, and not less because others talk."""
    answers = [outsider.post("/api/v1/agents/agt_1/heartbeat", json={}).status_code for _ in range(61)]
    assert set(answers[:60]) <= {401, 422} and answers[60] == 429
    assert outsider.post("/api/v1/agents/agt_2/heartbeat", json={}).status_code != 429


@pytest.mark.usefixtures("viewer")
def test_a_page_says_it_in_its_own_way(outsider: Client) -> None:
    pages = [outsider.get("/login") for _ in range(MOST + 1)]
    assert [page.status_code for page in pages] == [*[200] * MOST, 429]
    assert pages[-1].headers["content-type"].startswith("text/html")


def test_a_redis_that_is_away_refuses_nobody(application: Application, settings: Settings) -> None:
    away = settings.model_copy(update={"redis_url": SecretStr("redis://127.0.0.1:9/0")})
    elsewhere = Application(
        application.use.__class__(
            settings=away, database=application.use.database, sealer=application.use.sealer,
            connect=application.use.connect, waker=application.use.waker,
            agent_checksums=application.use.agent_checksums,
        ),
        application.bell, application.executor, application.followers,
    )  # fmt: skip
    with Client(transport=httpx.WSGITransport(create(elsewhere)), base_url=BASE) as client:
        answers = [client.get("/openapi.json") for _ in range(MOST + 1)]
    assert {answer.status_code for answer in answers} == {200}
    assert "ratelimit" not in answers[0].headers


def test_what_guards_secrets_has_a_stricter_limit(guard: Guard) -> None:
    everyday = {CALLER, PUBLIC}
    strict = {
        (o.method, o.path) for o in REGISTRY.values() if (policy := policy_of(o)) is not None and policy not in everyday
    }
    assert strict >= {("POST", "/login"), ("POST", "/setup"), ("POST", "/api/v1/agents/enroll"), ("GET", "/adopt")}
    assert all(policy_of(o) for o in openapi.operations() if o.path not in FREE)
