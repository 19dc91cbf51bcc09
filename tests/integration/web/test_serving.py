"""Gough as a process, by either command: it is signed in to, listed, watched, told to work, and stopped gracefully."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from gough.domain.permissions import Role
from gough.persistence.models import Job
from gough.services import admission
from tests.integration.web.conftest import SSH_KEY, add_machine
from tests.support.people import PASSWORD, account
from tests.support.served import COMMANDS, Served, served

DEPLOY = {"template": "docker-host", "variables": {"ssh_keys": [SSH_KEY]}}


@pytest.fixture(params=COMMANDS)
def server(request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path) -> Iterator[Served]:
    with served(tmp_path, sqlite_template, request.param) as made:
        for hostname in ("node-01", "node-02"):
            add_machine(made.application, hostname)
        account(made.application.use, "ada", Role.ADMIN)
        admission.pause(made.application.use, by="a test", reason="jobs are to be there when a server is back")
        yield made


def sign_in(client: httpx.Client) -> None:
    """By the portal's form, as a browser does it. The client's CSRF header is that of its session."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login").text)
    assert token is not None
    entered = client.post("/login", data={"name": "ada", "password": PASSWORD, "csrf_token": token[1]})
    assert entered.status_code == 303, entered.text
    page = client.get("/account")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token is not None
    client.headers["X-CSRF-Token"] = token[1]


def test_it_answers_streams_works_and_stops_without_losing_anything(server: Served) -> None:
    with httpx.Client(base_url=server.url, timeout=20) as client:
        sign_in(client)
        assert [each["hostname"] for each in client.get("/api/v1/machines").json()["items"]] == ["node-01", "node-02"]
        with client.stream("GET", "/api/v1/events/stream", params={"after": 0}) as stream:
            events = stream.iter_lines()
            begun = client.post("/api/v1/machines/node-01/deploy", json=DEPLOY)
            assert begun.status_code == 202, begun.text
            first = begun.json()["id"]
            told = (json.loads(line[6:]) for line in events if line.startswith("data: "))
            assert next(event for event in told if event["job_id"] == first)["actor"] == "ada"

            headers = {"Cookie": f"gough_session={client.cookies['gough_session']}", **client.headers}
            second = in_flight(server, "/api/v1/machines/node-02/deploy", headers)
            assert "Traceback" not in "".join(events), "the stream ends, and quietly"
    assert server.ended() in (0, -15)
    assert going_on(server) == {first, second}
    assert "Traceback" not in server.said and PASSWORD not in server.said


def in_flight(server: Served, path: str, headers: dict[str, str]) -> str:
    """The job of a request whose body was half sent when the server was told to stop."""
    body = json.dumps(DEPLOY).encode()
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", "Connection: close",
             f"Content-Length: {len(body)}", "Expect: 100-continue"]  # fmt: skip
    lines += [f"{name}: {headers[name]}" for name in ("Cookie", "x-csrf-token")]
    with server.connect(20) as connection, connection.makefile("rb") as answer:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body[:20])
        assert b" 100 " in answer.readline(), "the application reads the body"
        server.terminate()
        connection.sendall(body[20:])
        assert answer.readline() == b"\r\n"
        head, _, content = answer.read().partition(b"\r\n\r\n")
    assert b" 202 " in head.splitlines()[0], head
    made: dict[str, str] = json.loads(content)
    return made["id"]


def going_on(server: Served) -> set[str]:
    """Those that go on when a server is back; nobody holds one by then."""
    with server.application.use.database.read() as session:
        jobs = session.scalars(select(Job)).all()
        assert [job.lease_owner for job in jobs if job.lease_owner] == []
        return {job.id for job in jobs if job.state in ("queued", "running")}
