"""Planted secrets never reach the log."""

import io
import json
import logging
import sys
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from gough.web import logs
from tests.integration.web.conftest import Client
from tests.support.site import Site

SECRETS = {
    "report token": ("GET /api/v1/reports/cloud-init/S3CRETTOKEN HTTP/1.1", "S3CRETTOKEN"),
    "bearer": ("Authorization: Bearer S3CRETKEY", "S3CRETKEY"),
    "maas key": (
        "key a1B2c3D4e5F6g7H8i9:a1B2c3D4e5F6g7H8i9:a1B2c3D4e5F6g7H8i9a1B2c3D4e5F6g7 refused",
        "a1B2c3D4e5F6g7H8i9",
    ),
    "api key": ("key gough_0123456789abcdef_S3CRET-KEY_x refused", "S3CRET-KEY_x"),
    "access token": ("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJTM0NSRVQifQ.S3CRET refused", "S3CRET"),
    "database url": ("postgresql://gough:S3CRETPW@db/gough", "S3CRETPW"),
    "form": ("password=S3CRETPW&name=ada", "S3CRETPW"),
}


@pytest.fixture
def restored():
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize(("text", "secret"), SECRETS.values(), ids=SECRETS)
def test_secrets_are_taken_out(restored: None, capsys: pytest.CaptureFixture[str], text: str, secret: str) -> None:
    logs.configure("INFO")  # here, and not in the fixture: pytest adds handlers of its own before each phase
    log = structlog.get_logger()
    log.info(text, nested={"deep": [text]}, session_token=secret)
    logging.getLogger("some.library").warning("said: %s", text)
    try:
        raise RuntimeError(text)
    except RuntimeError:
        log.exception("failed")
    said = capsys.readouterr().err
    assert said.count("\n") == 3
    assert "***" in said
    assert secret not in said


PIECES = (
    "password", "Secret", "TOKEN", "api_key", "apikey", "authorization", "Bearer", "oauth", "eyJ",
    "gough_0123456789abcdef_",
    "://", "@", ":", "=", ";", " ", "\"", "u", "pw", ".", "/", "/api/v1/reports/cloud-init/", "a1B2c3D4e5F6g7H8i9",
    "a1B2c3D4e5F6g7H8i9a1B2c3D4e5F6g7", "eyJhbGciOiJIUzI1NiJ9",
)  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_no_text_with_a_secret_is_passed_over_for_speed(text: str) -> None:
    slowly = text
    for pattern, instead in logs._PATTERNS:
        slowly = pattern.sub(instead, slowly)
    assert logs._clean(text) == slowly


def test_a_line_that_cannot_be_written_is_lost_and_nothing_else(
    restored: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = io.StringIO()
    monkeypatch.setattr(sys, "stderr", gone)
    logs.configure("INFO")
    gone.close()
    structlog.get_logger().info("nobody reads this")


def lines(said: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]


def test_a_request_is_in_the_log_with_who_and_from_where(
    restored: None, viewer: Client, outsider: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("INFO")
    asked = viewer.get("/api/v1/jobs")
    outsider.get("/healthz")
    outsider.get("/healthz/x%0a{}")
    told = [line for line in lines(capsys.readouterr().err) if line["event"] == "request"]
    assert [(line["path"], line["status"], line["caller"]) for line in told] == [
        ("/api/v1/jobs", 200, "viewer"), ("/healthz/x\n{}", 404, None),
    ]  # fmt: skip
    assert told[0]["request_id"] == asked.headers["x-request-id"] and told[0]["address"] == "127.0.0.1"


def test_what_a_job_does_is_in_the_log_with_its_ids(
    restored: None, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("INFO")
    system_id, job_id = site.requested()
    site.work()
    told = [line for line in lines(capsys.readouterr().err) if line.get("stage") == "validate"]
    assert told, "nothing was told of the first stage"
    assert {line["job_id"] for line in told} == {job_id}
    assert {line["machine_id"] for line in told} == {site.machine(system_id).id}
