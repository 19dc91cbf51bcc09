"""Proving who one is: the password, then the code of a second factor; and waiting longer after each failure."""

from datetime import datetime, timedelta

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from gough.domain.errors import Misconfigured, SecondFactorNeeded, Unauthenticated
from gough.domain.retry import Backoff
from gough.persistence.models import Identity, User
from gough.services import audit, second_factor
from gough.services.context import Use
from gough.services.password_hashing import is_right

FREE_TRIES = 3
LOCKOUT = Backoff(first=timedelta(seconds=2), ceiling=timedelta(minutes=15))
TICKET_LIFE = timedelta(minutes=5)


def prove(use: Use, name: str, password: str, code: str = "") -> User:
    """The person, once the password is right, and the code too where the account has a second factor.

    Raises Unauthenticated, and waits longer after each failure; SecondFactorNeeded where only the code is missing.
    """
    user = prove_password(use, name, password)
    if user.totp_sealed is not None:
        prove_code(use, user, code)
    return user


def prove_password(use: Use, name: str, password: str) -> User:
    """Raises Unauthenticated. Whoever has a second factor must still `prove_code`.

    Nobody comes in like this who signs in at the identity provider: what it takes away would stay theirs here.
    """
    if not use.settings.oidc_allow_local:
        raise Unauthenticated("Nobody signs in with a password here.", hint=f"Use {use.settings.oidc_name}.")
    with use.database.read() as session:
        user, now = session.scalars(select(User).where(User.name == name)).one_or_none(), use.database.now(session)
        is_elsewhere = user is not None and _signs_in_elsewhere(session, use, user)
    if user is not None:
        audit.note(actor=user.name)
        _refuse_locked(user, now)
    right = is_right(user.password_hash if user else None, password)
    if user is None or not right or user.disabled_at is not None or is_elsewhere:
        if user is not None:
            _count_failure(use, user.id)
        raise Unauthenticated("The name or the password is wrong.", hint="Try again.")
    return user


def prove_code(use: Use, user: User, code: str) -> None:
    """A code of the second factor, or a recovery code; each is good once. Raises as `prove` does."""
    if not code.strip():
        raise SecondFactorNeeded("This account needs the code of its second factor.")
    with use.database.read() as session:
        _refuse_locked(session.get_one(User, user.id), use.database.now(session))
    if not second_factor.takes(use, user.id, code):
        _count_failure(use, user.id)
        raise Unauthenticated("The code is wrong, or was used already.", hint="Wait for the next one and try again.")


def ticket(use: Use, user: User) -> str:
    """Says that this person's password was right a moment ago; for the form that asks for the code."""
    with use.database.read() as session:
        until = use.database.now(session) + TICKET_LIFE
    return use.sealer.seal_text(orjson.dumps({"second_step": user.id, "until": until.isoformat()}).decode())


def ticket_holder(use: Use, given: str) -> User:
    """Raises Unauthenticated for a ticket that is not ours, or too old."""
    try:
        said = orjson.loads(use.sealer.open_text(given))
        user_id, until = said["second_step"], datetime.fromisoformat(said["until"])
    except (Misconfigured, ValueError, KeyError, TypeError):
        raise _too_late() from None
    with use.database.read() as session:
        user = session.get(User, user_id)
        if user is None or user.disabled_at is not None or use.database.now(session) > until:
            raise _too_late()
    audit.note(actor=user.name)
    return user


def welcome(session: Session, user_id: str, now: datetime) -> None:
    """They are in: what failed before is forgotten."""
    user = session.get_one(User, user_id)
    user.failed_logins, user.locked_until, user.signed_in_at = 0, None, now


def _signs_in_elsewhere(session: Session, use: Use, user: User) -> bool:
    query = select(Identity.id).where(Identity.user_id == user.id, Identity.issuer == use.settings.oidc_issuer)
    return session.scalar(query) is not None


def _too_late() -> Unauthenticated:
    return Unauthenticated("The second step took too long.", hint="Begin again with name and password.")


def _refuse_locked(user: User, now: datetime) -> None:
    if user.locked_until is not None and user.locked_until > now:
        seconds = int((user.locked_until - now).total_seconds()) + 1
        raise Unauthenticated(f"Too many failed tries. Try again in {seconds} s.")


def _count_failure(use: Use, user_id: str) -> None:
    with use.database.write() as session:
        user = session.get_one(User, user_id)
        user.failed_logins += 1
        if user.failed_logins >= FREE_TRIES:
            wait = LOCKOUT.delay(user.failed_logins - FREE_TRIES + 1, 1.0)
            user.locked_until = use.database.now(session) + wait
