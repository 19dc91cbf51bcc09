"""Guessing passwords: nobody gets further by guessing many at once, and what it costs is bounded."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from threading import Barrier, Lock

import pytest

from gough.domain.errors import Unauthenticated, Unavailable
from gough.domain.permissions import Role
from gough.services import password_hashing, signing_in
from tests.support.people import PASSWORD, account
from tests.support.site import Site

GUESSES = 12


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str | None]]:
    """The hashes that passwords were compared with."""
    seen: list[str | None] = []

    def is_right(password_hash: str | None, password: str) -> bool:
        seen.append(password_hash)
        return password_hashing.is_right(password_hash, password)

    monkeypatch.setattr(signing_in, "is_right", is_right)
    return seen  # type: ignore[return-value]


def guess(site: Site, name: str, password: str) -> bool:
    with suppress(Unauthenticated):
        signing_in.prove_password(site.use, name, password)
        return True
    return False


def test_many_guesses_at_once_get_no_further_than_one_after_the_other(site: Site) -> None:
    """The right one among them comes too late, however the threads run: it is tried last."""
    account(site.use, "ada", Role.ADMIN)
    together = Barrier(GUESSES)

    def wrong(number: int) -> bool:
        together.wait(30)
        return guess(site, "ada", f"guess number {number}")

    with ThreadPoolExecutor(GUESSES) as pool:
        assert not any(pool.map(wrong, range(GUESSES)))
    assert not guess(site, "ada", PASSWORD)
    site.clock.forward(seconds=2)
    assert guess(site, "ada", PASSWORD), "three were counted, not twelve: the wait is the first and shortest"


def test_whoever_may_not_come_in_costs_as_much_as_whoever_may(site: Site, compared: list[str | None]) -> None:
    for name in ("ada", "locked"):
        account(site.use, name, Role.VIEWER)
    for _ in range(signing_in.FREE_TRIES):
        guess(site, "locked", "wrong")
    for name in ("ada", "nobody", "locked"):
        compared.clear()
        guess(site, name, "wrong")
        assert len(compared) == 1, name


def test_a_right_password_is_not_a_failure(site: Site) -> None:
    account(site.use, "ada", Role.ADMIN)
    assert all(guess(site, "ada", PASSWORD) for _ in range(2 * signing_in.FREE_TRIES))


def test_few_passwords_are_looked_at_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes 64 MiB: who sends a hundred names must not take the computer's memory."""
    now, most, lock = 0, 0, Lock()

    class Counting:
        def verify(self, *_: str) -> bool:
            nonlocal now, most
            with lock:
                now += 1
                most = max(most, now)
            together.wait(5)
            with lock:
                now -= 1
            return True

    together = Barrier(password_hashing.AT_ONCE)  # as many as may are in there together
    monkeypatch.setattr(password_hashing, "_hasher", Counting())
    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(lambda _: password_hashing.is_right("hash", "password"), range(16)))
    assert most == password_hashing.AT_ONCE


def test_whoever_waits_too_long_is_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(password_hashing, "PATIENCE_SECONDS", 0.0)
    with ExitStack() as taken:
        for _ in range(password_hashing.AT_ONCE):
            taken.enter_context(password_hashing._place())
        with pytest.raises(Unavailable):
            password_hashing.is_right(None, "password")
