"""API keys: what they may do, from where, how long; what is stored of them."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from gough.domain.errors import Conflict, Denied, Invalid, NotFound, Unauthenticated
from gough.domain.permissions import Permission, Role
from gough.persistence.models import ApiKey, User
from gough.services import api_keys, users
from gough.services.api_keys import Wish
from tests.support.people import account
from tests.support.site import Site

HERE = "10.0.0.9"
VIEW = frozenset({Permission.VIEW})


@pytest.fixture
def ada(site: Site) -> User:
    return account(site.use, "ada", Role.OPERATOR)


def made(site: Site, owner: User, **wish: object) -> tuple[ApiKey, str]:
    return api_keys.create(site.use, owner.id, Wish("ci", **{"scopes": VIEW, **wish}))  # type: ignore[arg-type]


def refused(site: Site, key: str, address: str = HERE) -> str:
    with pytest.raises((Unauthenticated, Denied)) as caught:
        api_keys.who(site.use, key, address=address)
    return str(caught.value)


def test_a_key_speaks_for_its_owner_within_its_scopes(site: Site, ada: User) -> None:
    row, key = made(site, ada)
    assert key.startswith(f"gough_{row.id}_")
    caller = api_keys.who(site.use, key, address=HERE)
    assert (caller.name, caller.user_id, caller.via, caller.csrf_token) == ("ada (key ci)", ada.id, "key", "")
    caller.require(Permission.VIEW)
    with pytest.raises(Denied, match="scope 'deploy'"):
        caller.require(Permission.DEPLOY)
    _, strong = made(site, ada, scopes=VIEW | {Permission.DEPLOY})
    api_keys.who(site.use, strong, address=HERE).require(Permission.DEPLOY)
    account(site.use, "root", Role.ADMIN)
    users.change_role(site.use, "ada", Role.VIEWER)
    with pytest.raises(Denied, match="is viewer"):
        api_keys.who(site.use, strong, address=HERE).require(Permission.DEPLOY)


def test_only_its_hash_is_stored(site: Site, ada: User) -> None:
    row, key = made(site, ada)
    secret = key.removeprefix(f"gough_{row.id}_")
    with site.database.read() as session:
        stored = str(session.execute(text("SELECT * FROM api_keys")).all())
    assert row.id in stored and secret not in stored
    for wrong in (key[:-1], f"gough_{row.id}_", "gough_", f"gough_{'0' * 16}_{secret}", key + "x"):
        assert refused(site, wrong) == api_keys.WRONG


def test_a_key_ends_by_its_time_and_by_hand(site: Site, ada: User) -> None:
    row, key = made(site, ada, days=1)
    site.clock.forward(minutes=24 * 60 - 1)
    api_keys.who(site.use, key, address=HERE)
    site.clock.forward(minutes=1)
    assert refused(site, key).endswith("It has expired.")
    with pytest.raises(Conflict, match="expired"):
        api_keys.rotate(site.use, row.id, owner=ada.id)
    row, key = made(site, ada)
    api_keys.revoke(site.use, row.id, owner=ada.id)
    assert refused(site, key).endswith("It was revoked.")
    with site.database.read() as session:
        assert row.id not in {each.id for each in api_keys.listed(session, owner=None)}


def test_a_rotated_key_overlaps_with_the_old_one(site: Site, ada: User) -> None:
    row, old = made(site, ada)
    _, new = api_keys.rotate(site.use, row.id, owner=ada.id, overlap=timedelta(hours=1))
    assert {api_keys.who(site.use, key, address=HERE).credential for key in (old, new)} == {row.id}
    site.clock.forward(minutes=60)
    assert refused(site, old) == api_keys.WRONG
    api_keys.who(site.use, new, address=HERE)
    _, newest = api_keys.rotate(site.use, row.id, owner=ada.id, overlap=timedelta())
    assert refused(site, new) == api_keys.WRONG
    api_keys.who(site.use, newest, address=HERE)


@pytest.mark.parametrize(
    ("address", "is_let_in"),
    [("10.1.2.3", True), ("::ffff:10.1.2.3", True), ("2001:db8::7", True), ("10.2.0.1", False), ("", False)],
)
def test_a_key_is_bound_to_its_networks(site: Site, ada: User, address: str, is_let_in: bool) -> None:
    _, key = made(site, ada, networks=("10.1.0.0/16", "2001:db8::/32"))
    if is_let_in:
        assert api_keys.who(site.use, key, address=address).user_id == ada.id
    else:
        assert "may not be used from" in refused(site, key, address)


def test_its_last_use_is_written_once_a_minute(site: Site, ada: User) -> None:
    row, key = made(site, ada)

    def used() -> tuple[object, str]:
        with site.database.read() as session:
            found = session.get_one(ApiKey, row.id)
            return found.used_at, found.used_from

    first = site.clock.now
    for address in ("10.0.0.1", "10.0.0.2"):
        api_keys.who(site.use, key, address=address)
        site.clock.forward(seconds=59)
    assert used() == (first, "10.0.0.1")
    site.clock.forward(seconds=2)
    api_keys.who(site.use, key, address="10.0.0.3")
    assert used() == (site.clock.now, "10.0.0.3")


def test_everything_wrong_with_a_wish_is_told(site: Site, ada: User) -> None:
    with pytest.raises(Invalid) as caught:
        made(site, ada, scopes=frozenset({Permission.MANAGE}), networks=("10.0.0.1/8", "x"), days=0)
    assert [each.pointer for each in caught.value.problems] == ["/scopes", "/days", "/networks/0", "/networks/1"]
    with pytest.raises(Invalid, match="like this"):
        made(site, ada, scopes=frozenset())


def test_nobody_touches_somebody_elses_key(site: Site, ada: User) -> None:
    row, _ = made(site, ada)
    other = account(site.use, "bob", Role.OPERATOR)
    for touch in (api_keys.revoke, api_keys.rotate):
        with pytest.raises(NotFound):
            touch(site.use, row.id, owner=other.id)
    api_keys.revoke(site.use, row.id, owner=None)
