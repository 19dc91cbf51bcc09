"""Accounts: made with a one-time secret, changed, ended at once; and never without an administrator."""

from collections.abc import Callable
from threading import Thread

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from gough.domain.errors import Conflict, Denied, GoughError, Invalid, Unauthenticated
from gough.domain.permissions import Permission, Role
from gough.persistence.models import User
from gough.services import api_keys, people, tokens, users
from gough.services.api_keys import Wish
from tests.support.people import PASSWORD, account
from tests.support.site import Site

NEW = "another battery staple"


def test_a_new_account_chooses_its_password_once(site: Site) -> None:
    _, secret = users.create(site.use, "bob", Role.VIEWER)
    with pytest.raises(Unauthenticated):
        people.sign_in(site.use, "bob", "", address="")
    with pytest.raises(Invalid):
        users.redeem(site.use, secret, "short")
    assert users.redeem(site.use, secret, NEW) == "bob"
    people.sign_in(site.use, "bob", NEW, address="")
    with pytest.raises(Unauthenticated, match="not valid"):
        users.redeem(site.use, secret, NEW)
    with pytest.raises(Conflict):
        users.create(site.use, "bob", Role.VIEWER)
    with pytest.raises(Invalid):
        users.create(site.use, "a/b", Role.VIEWER)


def test_a_reset_ends_what_the_old_password_opened(site: Site) -> None:
    account(site.use, "bob", Role.VIEWER)
    session, _ = people.sign_in(site.use, "bob", PASSWORD, address="")
    late, secret = (users.reset_password(site.use, "bob") for _ in range(2))
    with pytest.raises(Unauthenticated):
        users.redeem(site.use, late, NEW)
    assert people.who(site.use, session) is not None
    users.redeem(site.use, secret, NEW)
    assert people.who(site.use, session) is None
    with pytest.raises(Unauthenticated):
        people.sign_in(site.use, "bob", PASSWORD, address="")
    too_late = users.reset_password(site.use, "bob")
    site.clock.forward(minutes=24 * 60)
    with pytest.raises(Unauthenticated):
        users.redeem(site.use, too_late, NEW)


def test_ones_own_password_needs_the_old_one(site: Site) -> None:
    bob = account(site.use, "bob", Role.VIEWER)
    with pytest.raises(Unauthenticated):
        users.change_password(site.use, bob.id, "wrong", NEW)
    users.change_password(site.use, bob.id, PASSWORD, NEW)
    people.sign_in(site.use, "bob", NEW, address="")


@pytest.mark.parametrize("end", [users.disable, users.remove], ids=["disabled", "removed"])
def test_everything_an_account_holds_dies_with_it(site: Site, end: Callable[..., object]) -> None:
    bob = account(site.use, "bob", Role.VIEWER)
    session, _ = people.sign_in(site.use, "bob", PASSWORD, address="")
    access = tokens.sign_in(site.use, "bob", PASSWORD, code="", address="").access
    _, key = api_keys.create(site.use, bob.id, Wish("ci", frozenset({Permission.VIEW})))
    assert people.who(site.use, session) is not None
    end(site.use, "bob")
    assert people.who(site.use, session) is None
    with pytest.raises(Unauthenticated):
        tokens.who(site.use, access)
    with pytest.raises(Unauthenticated):
        api_keys.who(site.use, key, address="")
    with pytest.raises(Unauthenticated):
        people.sign_in(site.use, "bob", PASSWORD, address="")


def test_sign_ins_are_listed_and_ended_one_by_one(site: Site) -> None:
    bob = account(site.use, "bob", Role.VIEWER)
    session, _ = people.sign_in(site.use, "bob", PASSWORD, address="10.0.0.1")
    access = tokens.sign_in(site.use, "bob", PASSWORD, code="", address="10.0.0.2").access

    def held() -> dict[str, str]:
        with site.database.read() as reading:
            found = users.sign_ins(reading, bob.id, site.clock.now)
        return {f"{each.kind} {each.address}": each.id for each in found}

    assert set(held()) == {"portal 10.0.0.1", "api 10.0.0.2"}
    users.end_sign_in(site.use, bob.id, held()["portal 10.0.0.1"])
    assert people.who(site.use, session) is None and set(held()) == {"api 10.0.0.2"}
    users.end_sign_in(site.use, bob.id, held()["api 10.0.0.2"])
    with pytest.raises(Unauthenticated):
        tokens.who(site.use, access)
    assert held() == {}


@pytest.mark.parametrize(
    "act",
    [users.disable, users.remove, lambda use, name: users.change_role(use, name, Role.VIEWER)],
    ids=["disabled", "removed", "demoted"],
)
def test_the_last_administrator_stays(site: Site, act: Callable[..., object]) -> None:
    account(site.use, "root", Role.ADMIN)
    account(site.use, "gone", Role.ADMIN)
    users.disable(site.use, "gone")
    with pytest.raises(Conflict, match="last administrator"):
        act(site.use, "root")
    account(site.use, "ada", Role.ADMIN)
    act(site.use, "root")


def test_two_administrators_cannot_demote_each_other_at_once(site: Site) -> None:
    for name in ("ada", "bob"):
        account(site.use, name, Role.ADMIN)
    refused: list[GoughError] = []

    def demote_bob() -> None:
        try:
            users.change_role(site.use, "bob", Role.VIEWER)
        except GoughError as error:
            refused.append(error)

    other = Thread(target=demote_bob)

    def meanwhile(_session: Session) -> None:
        if other.ident is None:
            other.start()
            other.join(1)  # it waits for us; without the lock it would be done by then

    event.listen(Session, "before_commit", meanwhile)
    try:
        users.change_role(site.use, "ada", Role.VIEWER)
    finally:
        event.remove(Session, "before_commit", meanwhile)
    other.join()
    with site.database.read() as session:
        assert {user.name: user.role for user in users.listed(session)} == {"ada": "viewer", "bob": "admin"}
    assert len(refused) == 1


def test_an_administrator_without_a_second_factor_may_only_enrol(site: Site) -> None:
    root = account(site.use, "root", Role.ADMIN)
    strict = site.made_with(site.database, {"GOUGH_ADMINS_NEED_TOTP": "true"})
    assert people.must_enrol(strict, root) and not people.must_enrol(site.use, root)
    assert not people.must_enrol(strict, User(name="bob", role=Role.OPERATOR.value))
    with pytest.raises(Denied):
        tokens.sign_in(strict, "root", PASSWORD, code="", address="")
