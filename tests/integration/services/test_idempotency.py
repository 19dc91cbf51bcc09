"""Keys of requests, on each database: of many that claim one at a time, one has it; changes of one thing take turns."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from threading import Lock

import pytest
from sqlalchemy import update

from gough.domain.errors import Conflict, Invalid
from gough.persistence.database import Database
from gough.persistence.models import KeptAnswer
from gough.services import idempotency
from gough.services.context import Use
from gough.web import conditional
from gough.web.declaration import REGISTRY
from gough.web.wsgi import OPERATIONS
from tests.support.clock import Clock
from tests.support.site import Site


@pytest.fixture
def use(database: Database, clock: Clock) -> Iterator[Use]:
    site = Site(database, clock)
    yield site.use
    site.close()


def test_of_many_that_claim_a_key_one_runs(use: Use) -> None:
    def claim(_: int) -> str:
        try:
            return idempotency.claim(use, "ada", "key", "same")[0]
        except Conflict:
            return ""

    with ThreadPoolExecutor(8) as pool:
        claims = [claimed for claimed in pool.map(claim, range(8)) if claimed]
    assert len(claims) == 1
    idempotency.keep(use, claims[0], b"answer")
    assert idempotency.claim(use, "ada", "key", "same") == (claims[0], b"answer")
    assert idempotency.claim(use, "bob", "key", "same")[1] is None
    with pytest.raises(Invalid):
        idempotency.claim(use, "ada", "key", "another")


def test_a_run_that_died_does_not_hold_its_key_for_good(use: Use) -> None:
    dead, _ = idempotency.claim(use, "ada", "key", "same")
    with use.database.write() as session:
        session.execute(update(KeptAnswer).values(expires_at=KeptAnswer.created_at))
    mine, answer = idempotency.claim(use, "ada", "key", "same")
    assert answer is None and mine != dead
    idempotency.keep(use, dead, b"too late")
    idempotency.keep(use, mine, b"mine")
    assert idempotency.claim(use, "ada", "key", "same")[1] == b"mine"


@pytest.mark.postgres
def test_changes_of_one_thing_take_turns_among_processes_too(use: Use, monkeypatch: pytest.MonkeyPatch) -> None:
    if use.database.is_sqlite:
        pytest.skip("SQLite serves one process")
    for module in OPERATIONS:
        __import__(module)
    monkeypatch.setattr(conditional, "_TURNS", (nullcontext(),))  # the other process has other locks
    found, inside = REGISTRY["PUT", "/api/v1/maintenance-windows/<name>"], Lock()

    def enter(_: int) -> bool:
        with conditional._alone(use, found, {"name": "weekend"}):
            alone = inside.acquire(blocking=False)
            with use.database.read() as session:
                use.database.now(session)
            if alone:
                inside.release()
            return alone

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(enter, range(8)))
