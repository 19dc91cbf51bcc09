"""Planted secrets never reach the log."""

import logging

import pytest
import structlog

from gough.web import logs

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
