"""Access tokens and refresh tokens: how long they are good, and what a stolen one is worth."""

import jwt
import pytest

from gough.domain.errors import Denied, Unauthenticated
from gough.domain.permissions import Role
from gough.persistence.models import User
from gough.services import tokens, users
from gough.services.context import Use
from gough.services.secrets import Sealer
from gough.services.tokens import Tokens
from tests.support.people import PASSWORD, account, enrolled
from tests.support.site import Site


@pytest.fixture
def ada(site: Site) -> User:
    return account(site.use, "ada", Role.OPERATOR)


def signed_in(site: Site, code: str = "") -> Tokens:
    return tokens.sign_in(site.use, "ada", PASSWORD, code=code, address="10.0.0.9")


def refused(use: Use, access: str) -> str:
    with pytest.raises(Unauthenticated) as caught:
        tokens.who(use, access)
    return str(caught.value)


def with_keys(site: Site, *keys: str) -> Use:
    return Use(site.use.settings, site.database, Sealer(*keys), site.connect, site.bell, dict)


def test_an_access_token_is_good_for_fifteen_minutes(site: Site, ada: User) -> None:
    held = signed_in(site)
    caller = tokens.who(site.use, held.access)
    assert (caller.name, caller.role, caller.via, caller.csrf_token) == ("ada", Role.OPERATOR, "token", "")
    site.clock.forward(minutes=15, seconds=-1)
    tokens.who(site.use, held.access)
    site.clock.forward(seconds=1)
    assert "expired" in refused(site.use, held.access)
    tokens.who(site.use, tokens.refresh(site.use, held.refresh, address="").access)


def test_only_our_own_signature_counts(site: Site, ada: User) -> None:
    held = signed_in(site)
    claims = jwt.decode(held.access, options={"verify_signature": False})
    key = site.use.sealer.derive("access tokens")[0]
    assert {"iss", "aud", "jti", "exp"} <= claims.keys() and claims["iss"] == "https://gough.example"
    tokens.who(site.use, jwt.encode(claims, key, "HS256"))
    forged = [
        jwt.encode(claims, "", "none"), jwt.encode(claims, b"k" * 32, "HS256"),
        jwt.encode({**claims, "aud": "other"}, key, "HS256"), jwt.encode({**claims, "iss": "other"}, key, "HS256"),
        jwt.encode({name: value for name, value in claims.items() if name != "exp"}, key, "HS256"), "", "a.b.c",
    ]  # fmt: skip
    assert {refused(site.use, each) for each in forged} == {tokens.WRONG}


def test_a_refresh_token_is_good_once_and_its_thief_ends_the_sign_in(site: Site, ada: User) -> None:
    stolen = signed_in(site)
    other = signed_in(site)
    mine = tokens.refresh(site.use, stolen.refresh, address="10.0.0.9")
    assert mine.refresh != stolen.refresh
    with pytest.raises(Unauthenticated, match="used before"):
        tokens.refresh(site.use, stolen.refresh, address="6.6.6.6")
    assert "has ended" in refused(site.use, mine.access)
    with pytest.raises(Unauthenticated, match="has ended"):
        tokens.refresh(site.use, mine.refresh, address="10.0.0.9")
    tokens.who(site.use, other.access)
    with pytest.raises(Unauthenticated, match="not valid"):
        tokens.refresh(site.use, "guessed", address="")


def test_a_sign_in_ends_after_thirty_days_and_by_signing_out(site: Site, ada: User) -> None:
    held = signed_in(site)
    site.clock.forward(minutes=30 * 24 * 60 - 1)
    late = tokens.refresh(site.use, held.refresh, address="")
    assert late.access_until == held.refresh_until
    site.clock.forward(minutes=1)
    with pytest.raises(Unauthenticated, match="has ended"):
        tokens.refresh(site.use, late.refresh, address="")
    held = signed_in(site)
    tokens.sign_out(site.use, tokens.who(site.use, held.access).credential)
    assert "has ended" in refused(site.use, held.access)


def test_a_new_secret_key_does_not_sign_anybody_out(site: Site, ada: User) -> None:
    old, new = "old key of at least 32 characters", "new key of at least 32 characters"
    held = tokens.sign_in(with_keys(site, old), "ada", PASSWORD, code="", address="")
    both = with_keys(site, new, old)
    tokens.who(both, held.access)
    fresh = tokens.refresh(both, held.refresh, address="")
    tokens.who(with_keys(site, new), fresh.access)
    assert refused(with_keys(site, old), fresh.access) == tokens.WRONG


def test_a_disabled_account_is_out_at_once(site: Site, ada: User) -> None:
    held = signed_in(site)
    users.disable(site.use, "ada")
    assert "has ended" in refused(site.use, held.access)
    with pytest.raises(Unauthenticated):
        tokens.refresh(site.use, held.refresh, address="")
    users.enable(site.use, "ada")
    assert "has ended" in refused(site.use, held.access)


def test_administrators_may_be_made_to_have_a_second_factor(site: Site) -> None:
    strict = site.made_with(site.database, {"GOUGH_ADMINS_NEED_TOTP": "true"})
    root = account(site.use, "root", Role.ADMIN)
    with pytest.raises(Denied, match="need a second factor"):
        tokens.sign_in(strict, "root", PASSWORD, code="", address="")
    phone, _ = enrolled(strict, root)
    site.clock.forward(seconds=30)
    tokens.sign_in(strict, "root", PASSWORD, code=phone.code, address="")
