"""What an attacker sends, and the one right answer to each: refused, told as a problem, and nothing of it done."""

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from sqlalchemy import func, inspect, select, text

from gough.bootstrap import Application
from gough.config import Settings
from gough.domain.permissions import Role
from gough.persistence.models import AuditEntry, MachineEvent
from tests.integration.web.conftest import PASSWORD, Client, add_machine

Headers = Mapping[str, str]
JSON = {"Content-Type": "application/json"}
PROBLEM = "application/problem+json"
DEPLOY = "/api/v1/machines/node-01/deploy"
TEMPLATE = {"metadata": "name: mine\nvariables: []\n", "body": "packages: [nginx]\n"}
SECRETS = ("k" * 40, PASSWORD, "consumer:token:secret", "Traceback", "sqlalchemy", "/site-packages/")
BEAT = {
    "sequence": 1, "sent_at": "2026-01-01T00:00:00Z", "boot_id": "b", "agent_version": "0.1.0", "hostname": "node-01",
    "samples": {}, "collectors": {}, "spool": {"waiting": 0, "dropped": 0},
}  # fmt: skip
DEEP = "[" * 20_000 + "]" * 20_000
ALIASES = "a: &a [x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9)
)
"""YAML's billion laughs."""


@dataclass(frozen=True)
class Hostile:
    """`who` sends it; `answer` is the status, and `code` what the problem is called."""

    method: str
    path: str
    answer: int
    code: str = ""
    body: Any = None
    content: bytes | None = None
    headers: Headers = field(default_factory=dict)
    who: str = "admin"


REQUESTS: Mapping[str, Hostile] = {
    # Larger or deeper than anything needs to be.
    "a body over the limit": Hostile("POST", DEPLOY, 413, "TOO_LARGE", content=b" " * 2**21, headers=JSON),
    "a gzip bomb": Hostile(
        "POST",
        DEPLOY,
        413,
        "TOO_LARGE",
        content=gzip.compress(b" " * 2**24),
        headers=JSON | {"Content-Encoding": "gzip"},
    ),
    "gzip in gzip": Hostile(
        "POST",
        DEPLOY,
        415,
        content=gzip.compress(gzip.compress(b"{}")),
        headers=JSON | {"Content-Encoding": "gzip, gzip"},
    ),
    "JSON of great depth": Hostile("POST", DEPLOY, 400, "MALFORMED", content=DEEP.encode(), headers=JSON),
    "a number beyond every type": Hostile(
        "POST", "/api/v1/api-keys", 422, "INVALID", body={"name": "x", "scopes": ["view"], "days": 10**30}
    ),
    "a float that is none": Hostile(
        "POST", "/api/v1/machines/bulk", 400, content=b'{"action": "test", "ids": [], "stop_after": NaN}', headers=JSON
    ),
    "a thousand filters": Hostile("GET", "/api/v1/machines?" + "&".join(f"tag=t{n}" for n in range(1000)), 422),
    "a page of a million": Hostile("GET", "/api/v1/machines?limit=1000000", 422, "INVALID"),
    "a name of a megabyte": Hostile(
        "PATCH", "/api/v1/machines/node-01", 413, body={"hostname": "a" * 900_000}, headers={"If-Match": "*"}
    ),
    "a span of a thousand years": Hostile(
        "GET", "/api/v1/machines/node-01/metrics?from=1026-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", 422
    ),
    # Other than it says it is.
    "JSON that is none": Hostile("POST", DEPLOY, 400, "MALFORMED", content=b'{"template": ', headers=JSON),
    "JSON that is no UTF-8": Hostile("POST", DEPLOY, 400, "MALFORMED", content=b'{"template": "\xff"}', headers=JSON),
    "half a surrogate": Hostile(
        "POST", "/api/v1/users", 400, content=b'{"name": "\\ud800", "role": "viewer"}', headers=JSON
    ),
    "a key given twice": Hostile(
        "POST", "/api/v1/users", 422, content=b'{"name": "a b", "name": "a/b", "role": "viewer"}', headers=JSON
    ),
    "a form where JSON is wanted": Hostile(
        "POST",
        DEPLOY,
        415,
        content=b"template=docker-host",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    ),
    "JSON called text, as forms of other sites send it": Hostile(
        "POST", DEPLOY, 415, content=b'{"template": "docker-host"}', headers={"Content-Type": "text/plain"}
    ),
    "a list where an object is wanted": Hostile("POST", DEPLOY, 422, body=["docker-host"]),
    "a NUL in a name": Hostile("GET", "/api/v1/machines/node%00", 404, "NOT_FOUND"),
    "a path that is no UTF-8": Hostile("GET", "/api/v1/machines/%ff%fe", 400),
    "a cursor that somebody made": Hostile("GET", "/api/v1/machines?cursor=eyJpZCI6IjAifQ", 422),
    "an order by a column of no list": Hostile("GET", "/api/v1/machines?sort=api_key_sealed", 422),
    "a field that is not shown": Hostile("GET", "/api/v1/users?fields=name,password_hash", 422),
    # Paths that lead elsewhere.
    "out of the agent's folder": Hostile("GET", "/agent/..%2f..%2fgough.db", 404, who="anonymous"),
    "out of it by backslash": Hostile("GET", "/agent/..%5cgough.db", 404, who="anonymous"),
    "out of the static files": Hostile("GET", "/static/%2e%2e/%2e%2e/config.py", 404, who="anonymous"),
    "an absolute path": Hostile("GET", "/static//etc/passwd", 404, who="anonymous"),
    "py4web's own pages": Hostile("GET", "/_dashboard/", 404, who="anonymous"),
    "a template outside the library": Hostile("GET", "/api/v1/templates/..%2f..%2fetc%2fpasswd", 404),
    # More than is asked for.
    "a role that nobody offered": Hostile(
        "POST",
        "/api/v1/auth/login",
        422,
        "INVALID",
        who="anonymous",
        body={"name": "viewer", "password": PASSWORD, "role": "admin"},
    ),
    "an owner of somebody else's": Hostile(
        "POST",
        "/api/v1/api-keys",
        422,
        "INVALID",
        who="viewer",
        body={"name": "x", "scopes": ["view"], "days": 1, "user_id": "usr_1"},
    ),
    "a scope beyond one's role": Hostile(
        "POST", "/api/v1/api-keys", 422, who="viewer", body={"name": "x", "scopes": ["manage"], "days": 1}
    ),
    "a field of the machine that MAAS decides": Hostile(
        "PATCH", "/api/v1/machines/node-01", 422, body={"status": 6, "service": "in_service"}, headers={"If-Match": "*"}
    ),
    "oneself made an administrator": Hostile(
        "PATCH", "/api/v1/users/viewer", 403, "DENIED", who="viewer", body={"role": "admin"}, headers={"If-Match": "*"}
    ),
    # Words that are meant for another interpreter.
    "SQL in a filter": Hostile("GET", "/api/v1/machines?owner=x%27%20OR%20%271%27=%271", 200),
    "SQL in a search": Hostile("GET", "/api/v1/machines?q=%27)%3B%20DROP%20TABLE%20machines%3B--", 200),
    "SQL in an order": Hostile("GET", "/api/v1/machines?sort=hostname;DROP%20TABLE%20machines", 422),
    "SQL in a name": Hostile("GET", "/api/v1/machines/x'%20OR%201=1--", 404, "NOT_FOUND"),
    "Python in a template's body": Hostile(
        "POST",
        "/api/v1/templates/validate",
        200,
        body=TEMPLATE | {"body": "packages: [\"{{ ''.__class__.__mro__ }}\"]\n"},
    ),
    "a template that never ends": Hostile(
        "POST",
        "/api/v1/templates/validate",
        200,
        body=TEMPLATE | {"body": "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}"},
    ),
    "YAML that makes objects": Hostile(
        "POST",
        "/api/v1/templates/validate",
        200,
        body=TEMPLATE | {"metadata": "!!python/object/apply:os.system ['touch /tmp/gough-was-here']\n"},
    ),
    "YAML that laughs a billion times": Hostile(
        "POST", "/api/v1/templates/validate", 200, body=TEMPLATE | {"metadata": ALIASES}
    ),
    "a shell's words in a hostname": Hostile(
        "PATCH", "/api/v1/machines/node-01", 422, body={"hostname": "$(reboot)"}, headers={"If-Match": "*"}
    ),
    "a line of the log's own": Hostile(
        "POST",
        "/api/v1/auth/login",
        401,
        "UNAUTHENTICATED",
        who="anonymous",
        body={"name": "x\n2026-01-01 [info] signed in name=admin", "password": PASSWORD},
    ),
    "a header in a header": Hostile("GET", "/login?next=%0d%0aSet-Cookie:%20gough_session=mine", 200, who="anonymous"),
    "a terminal's own signs in a file of places": Hostile(
        "POST",
        "/api/v1/machines/locations",
        200,
        content=b"hostname,site\nnode-01,\x1b]0;pwned\x07\n",
        headers={"Content-Type": "text/csv"},
    ),
    "a script in a reason": Hostile("POST", "/api/v1/jobs/pause", 200, body={"reason": "<script>alert(1)</script>"}),
    # Gough sent to where only it can go.
    "a region that is a file": Hostile(
        "POST", "/api/v1/regions", 422, body={"name": "r", "url": "file:///etc/passwd", "api_key": "a:b:c"}
    ),
    "a region that is the cloud's metadata": Hostile(
        "POST",
        "/api/v1/regions",
        502,
        "OUTSIDE_REFUSED",
        body={"name": "r", "url": "http://169.254.169.254/latest/", "api_key": "a:b:c"},
    ),
    "a region that is it by another name": Hostile(
        "POST",
        "/api/v1/regions",
        502,
        "OUTSIDE_REFUSED",
        body={"name": "r", "url": "http://[::ffff:169.254.169.254]/", "api_key": "a:b:c"},
    ),
    "a region with a gopher": Hostile(
        "POST",
        "/api/v1/regions",
        422,
        body={"name": "r", "url": "gopher://127.0.0.1:6379/_FLUSHALL", "api_key": "a:b:c"},
    ),
    # Somebody else's word.
    "a host that is not ours": Hostile("GET", "/api/v1/machines", 421, "WRONG_HOST", headers={"Host": "evil.example"}),
    "a method in a header": Hostile(
        "POST", "/api/v1/users/viewer", 405, headers={"X-HTTP-Method-Override": "DELETE"}, body={}
    ),
    "a token without a signature": Hostile(
        "GET",
        "/api/v1/machines",
        401,
        "UNAUTHENTICATED",
        who="anonymous",
        headers={"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1c3JfMSIsImlzcyI6ImdvdWdoIn0."},
    ),
    "an agent's key where people are asked for": Hostile(
        "GET", "/api/v1/machines", 401, "UNAUTHENTICATED", who="agent"
    ),
    "a person's key where agents are asked for": Hostile(
        "POST", "/api/v1/agents/agt_0123456789abcdef/heartbeat", 401, body=BEAT
    ),
    "an enrolment token that is long": Hostile(
        "POST",
        "/api/v1/agents/enroll",
        422,
        who="anonymous",
        body={"enrolment_token": "x" * 5000, "key_hash": "0" * 64},
    ),
    "another origin's cookie request": Hostile(
        "POST",
        "/api/v1/jobs/pause",
        403,
        who="session",
        body={"reason": "x"},
        headers={"Origin": "https://evil.example"},
    ),
    "a session's request with a guessed CSRF token": Hostile(
        "POST", "/api/v1/jobs/pause", 403, who="session", body={"reason": "x"}, headers={"X-CSRF-Token": "0" * 43}
    ),
    "credentials in the address": Hostile(
        "GET", "/api/v1/machines?token=gough_0123456789abcdef_secret&access_token=x", 401, who="anonymous"
    ),
}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"rate_limit": 0})


@pytest.fixture
def send(
    application: Application, outsider: Client, person: Callable[[Role], Client]
) -> Callable[[Hostile], httpx.Response]:
    add_machine(application, "node-01")

    def as_whom(who: str) -> tuple[Client, dict[str, str]]:
        if who == "anonymous":
            return outsider, {}
        if who == "agent":
            return outsider, {"Authorization": "Bearer " + "a" * 43}
        client = person(Role.ADMIN if who in ("admin", "session") else Role(who))
        return client, {} if who == "session" else {"X-CSRF-Token": client.csrf}

    def ask(hostile: Hostile) -> httpx.Response:
        if hostile.who != "viewer":
            person(Role.VIEWER)
        client, known = as_whom(hostile.who)
        content = hostile.content if hostile.body is None else json.dumps(hostile.body).encode()
        headers = {**known, **(JSON if hostile.body is not None else {}), **hostile.headers}
        return client.request(hostile.method, hostile.path, content=content, headers=headers)

    return ask


def counted(application: Application) -> dict[str, int]:
    """How many rows each table has, but for what is written of requests themselves."""
    untold = {AuditEntry.__tablename__, MachineEvent.__tablename__, "sessions", "users", "settings", "stream_heads"}
    with application.use.database.read() as session:
        names = set(inspect(session.connection()).get_table_names()) - untold
        return {
            name: session.execute(select(func.count()).select_from(text(f'"{name}"'))).scalar_one() for name in names
        }


@pytest.mark.parametrize("name", REQUESTS)
def test_a_hostile_request_is_answered_rightly(
    name: str, send: Callable[[Hostile], httpx.Response], application: Application, capfd: pytest.CaptureFixture[str]
) -> None:
    hostile, before = REQUESTS[name], counted(application)
    answer = send(hostile)
    assert answer.status_code == hostile.answer, answer.text[:600]
    if hostile.answer >= 400 and hostile.path.startswith("/api/"):
        assert answer.headers["content-type"] == PROBLEM
        assert answer.json()["code"] == (hostile.code or answer.json()["code"])
    assert "gough_session=mine" not in str(answer.headers)
    said = capfd.readouterr()
    for secret in SECRETS:
        assert secret not in answer.text
    assert "Traceback" not in said.out + said.err
    assert "\n2026-01-01 [info] signed in" not in said.out + said.err
    changed = {table for table, count in counted(application).items() if count != before[table]}
    assert changed <= {"answers_kept", "kept_answers", "recent_failures"}, changed


def test_there_are_enough() -> None:
    assert len(REQUESTS) >= 50
