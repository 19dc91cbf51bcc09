"""The second factor: enrolling, codes that are good once, recovery codes, and the back-off for guessing."""

import pytest
from sqlalchemy import text

from gough.domain.errors import Conflict, Invalid, SecondFactorNeeded, Unauthenticated
from gough.domain.permissions import Role
from gough.persistence.models import User
from gough.services import second_factor, signing_in, users
from tests.support.people import PASSWORD, Authenticator, account, enrolled
from tests.support.site import Site


@pytest.fixture
def ada(site: Site) -> User:
    return account(site.use, "ada", Role.OPERATOR)


def prove(site: Site, code: str = "") -> User:
    return signing_in.prove(site.use, "ada", PASSWORD, code)


def test_it_counts_once_it_is_confirmed(site: Site, ada: User) -> None:
    with pytest.raises(Unauthenticated):
        second_factor.begin(site.use, ada.id, "not the password")
    begun = second_factor.begin(site.use, ada.id, PASSWORD)
    assert begun == second_factor.pending(site.use, ada.id) and f"secret={begun.secret}" in begun.uri
    prove(site)
    with pytest.raises(Invalid):
        second_factor.confirm(site.use, ada.id, "000000")
    phone = Authenticator(site.use, begun.secret)
    assert len(set(second_factor.confirm(site.use, ada.id, phone.code))) == 10
    with pytest.raises(SecondFactorNeeded):
        prove(site)
    with pytest.raises(Conflict):
        second_factor.begin(site.use, ada.id, PASSWORD)
    with site.database.read() as session:
        assert begun.secret not in str(session.execute(text("SELECT * FROM users")).all())


def test_a_code_is_good_once_and_for_a_moment(site: Site, ada: User) -> None:
    phone, _ = enrolled(site.use, ada)
    with pytest.raises(Unauthenticated):  # the code that confirmed it
        prove(site, phone.code)
    site.clock.forward(seconds=30)
    code = phone.code
    prove(site, f"{code[:3]} {code[3:]}")
    with pytest.raises(Unauthenticated, match="used already"):
        prove(site, code)
    site.clock.forward(minutes=20)
    with pytest.raises(Unauthenticated):
        prove(site, code)


def test_a_recovery_code_is_good_once(site: Site, ada: User) -> None:
    _, codes = enrolled(site.use, ada)
    prove(site, codes[0].upper().replace("-", " "))
    with pytest.raises(Unauthenticated):
        prove(site, codes[0])
    prove(site, codes[1])
    with site.database.read() as session:
        assert second_factor.recovery_codes_left(session, ada.id) == 8
        stored = str(session.execute(text("SELECT * FROM recovery_codes")).all())
    assert not any(code in stored or code.replace("-", "") in stored for code in codes)


def test_guessing_codes_waits_longer_each_time_even_with_the_password(site: Site, ada: User) -> None:
    phone, _ = enrolled(site.use, ada)
    for _ in range(signing_in.FREE_TRIES):
        with pytest.raises(Unauthenticated, match="code is wrong"):
            prove(site, "000000")
    site.clock.forward(seconds=1)
    with pytest.raises(Unauthenticated, match="password is wrong"):  # which says nothing of the name
        prove(site, phone.code)
    with pytest.raises(Unauthenticated, match="Too many failed tries"):
        signing_in.prove_code(site.use, ada, phone.code)
    site.clock.forward(seconds=30)
    prove(site, phone.code)


def test_a_ticket_carries_the_first_step_for_five_minutes(site: Site, ada: User) -> None:
    ticket = signing_in.ticket(site.use, ada)
    assert signing_in.ticket_holder(site.use, ticket).id == ada.id
    for wrong in ("", "x", site.use.sealer.seal_text("{}"), site.use.sealer.seal_text("[]")):
        with pytest.raises(Unauthenticated, match="too long"):
            signing_in.ticket_holder(site.use, wrong)
    site.clock.forward(minutes=5, seconds=1)
    with pytest.raises(Unauthenticated, match="too long"):
        signing_in.ticket_holder(site.use, ticket)


def test_it_is_taken_away_with_the_password_or_by_an_administrator(site: Site, ada: User) -> None:
    enrolled(site.use, ada)
    with pytest.raises(Unauthenticated):
        second_factor.disable(site.use, ada.id, "not the password")
    second_factor.disable(site.use, ada.id, PASSWORD)
    prove(site)
    _, codes = enrolled(site.use, ada)
    users.reset_second_factor(site.use, "ada")
    prove(site)
    assert not second_factor.takes(site.use, ada.id, codes[0])
