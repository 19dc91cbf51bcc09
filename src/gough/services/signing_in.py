"""Proving who one is: the password, then the code of a second factor; and waiting longer after each failure.

A try is counted before it is looked at and forgiven when it was right, so that many at once get no further than one
after the other. While a name waits its answer is that of a wrong password, and takes as long: nobody learns which
names there are.
"""

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
        user = session.scalars(select(User).where(User.name == name)).one_or_none()
        is_elsewhere = user is not None and _signs_in_elsewhere(session, use, user)
    if user is not None:
        audit.note(actor=user.name)
    may_try = user is not None and _count(use, user.id) is None
    right = is_right(user.password_hash if user else None, password)
    if user is None or not (may_try and right) or user.disabled_at is not None or is_elsewhere:
        hint = f"Try again. After {FREE_TRIES} failures a name waits, longer each time, up to 15 minutes."
        raise Unauthenticated("The name or the password is wrong.", hint=hint)
    _forgive(use, user.id)
    return user


def prove_code(use: Use, user: User, code: str) -> None:
    """A code of the second factor, or a recovery code; each is good once. Raises as `prove` does."""
    if not code.strip():
        raise SecondFactorNeeded("This account needs the code of its second factor.")
    waits = _count(use, user.id)
    if waits is not None:
        raise Unauthenticated(f"Too many failed tries. Try again in {int(waits.total_seconds()) + 1} s.")
    if not second_factor.takes(use, user.id, code):
        raise Unauthenticated("The code is wrong, or was used already.", hint="Wait for the next one and try again.")
    _forgive(use, user.id)


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


def _count(use: Use, user_id: str) -> timedelta | None:
    """One more try. How long the name must wait, where it may not be made."""
    with use.database.write() as session:
        user, now = session.get_one(User, user_id, with_for_update=True), use.database.now(session)
        if user.locked_until is not None and user.locked_until > now:
            return user.locked_until - now
        user.failed_logins += 1
        if user.failed_logins >= FREE_TRIES:
            user.locked_until = now + LOCKOUT.delay(user.failed_logins - FREE_TRIES + 1, 1.0)
    return None


def _forgive(use: Use, user_id: str) -> None:
    """That try was right. Those that failed before count until they are in."""
    with use.database.write() as session:
        user = session.get_one(User, user_id, with_for_update=True)
        user.failed_logins, user.locked_until = max(0, user.failed_logins - 1), None
