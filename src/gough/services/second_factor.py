"""The second factor: codes by time (RFC 6238), and recovery codes for when the authenticator is lost."""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from hmac import compare_digest

from pyotp import TOTP, random_base32
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from gough.domain.errors import Conflict, Invalid, Problem, Unauthenticated
from gough.persistence.models import RecoveryCode, User
from gough.services import audit
from gough.services.context import Use
from gough.services.password_hashing import is_right
from gough.services.secrets import hash_secret

STEP_SECONDS = 30
DRIFT_STEPS = (0, -1, 1)  # the clocks of telephones are not exact
RECOVERY_CODES = 10
ISSUER = "Gough"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator is told: the secret to type, or the address inside the QR code."""

    secret: str
    uri: str


def begin(use: Use, user_id: str, password: str) -> Enrolment:
    """A second factor that does not count before `confirm`. Raises Unauthenticated for a wrong password."""
    _require_password(use, user_id, password)
    secret = random_base32()
    with use.database.write() as session:
        user = session.get_one(User, user_id)
        if user.totp_sealed is not None:
            raise Conflict("There is a second factor already.", hint="Take it away first.")
        user.totp_pending_sealed = use.sealer.seal_text(secret)
        return _enrolment(user.name, secret)


def pending(use: Use, user_id: str) -> Enrolment | None:
    """The enrolment that waits for its first code."""
    with use.database.read() as session:
        user = session.get_one(User, user_id)
    if user.totp_pending_sealed is None:
        return None
    return _enrolment(user.name, use.sealer.open_text(user.totp_pending_sealed))


def confirm(use: Use, user_id: str, code: str) -> Sequence[str]:
    """From now on codes are asked for. The recovery codes, which are never shown again. Raises Invalid or Conflict."""
    codes = [_new_recovery_code() for _ in range(RECOVERY_CODES)]
    with use.database.write() as session:
        user = session.get_one(User, user_id)
        if user.totp_pending_sealed is None:
            raise Conflict("There is no second factor to confirm.", hint="Begin with enrolling one.")
        step = _step_of(use, session, user.totp_pending_sealed, code)
        if step is None:
            raise Invalid("The code is wrong.", problems=[Problem("/code", "is not this authenticator's code now")])
        user.totp_sealed, user.totp_pending_sealed, user.totp_step = user.totp_pending_sealed, None, step
        session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
        session.add_all(RecoveryCode(user_id=user_id, code_hash=hash_secret(_bare(each))) for each in codes)
        audit.note(target=user.name, before={"second_factor": False}, after={"second_factor": True})
    return codes


def disable(use: Use, user_id: str, password: str) -> None:
    """Raises Unauthenticated for a wrong password."""
    _require_password(use, user_id, password)
    with use.database.write() as session:
        forget(session, session.get_one(User, user_id))


def forget(session: Session, user: User) -> None:
    """The second factor and its recovery codes are gone."""
    audit.note(target=user.name, before={"second_factor": user.totp_sealed is not None}, after={"second_factor": False})
    user.totp_sealed = user.totp_pending_sealed = None
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))


def takes(use: Use, user_id: str, code: str) -> bool:
    """Whether the code is good now, of the authenticator or of the list; it is not good a second time."""
    with use.database.write() as session:
        user = session.get_one(User, user_id)
        if user.totp_sealed is None:
            return False
        step = _step_of(use, session, user.totp_sealed, code)
        if step is not None:
            newer = update(User).where(User.id == user_id, User.totp_step < step).values(totp_step=step)
            return session.execute(newer.returning(User.id)).first() is not None
        unspent = update(RecoveryCode).where(
            RecoveryCode.user_id == user_id, RecoveryCode.code_hash == hash_secret(_bare(code)),
            RecoveryCode.used_at.is_(None),
        )  # fmt: skip
        spent = unspent.values(used_at=use.database.now(session)).returning(RecoveryCode.user_id)
        return session.execute(spent).first() is not None


def recovery_codes_left(session: Session, user_id: str) -> int:
    query = select(func.count()).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return session.scalar(query) or 0


def _require_password(use: Use, user_id: str, password: str) -> None:
    with use.database.read() as session:
        user = session.get_one(User, user_id)
    if not is_right(user.password_hash, password):
        raise Unauthenticated("The password is wrong.", hint="It is asked for again before a second factor changes.")


def _step_of(use: Use, session: Session, sealed: str, code: str) -> int | None:
    """The step whose code it is, of those near now."""
    totp = TOTP(use.sealer.open_text(sealed))
    here = int(use.database.now(session).timestamp()) // STEP_SECONDS
    given = code.replace(" ", "").encode()
    found = None
    for step in (here + drift for drift in DRIFT_STEPS):
        if compare_digest(totp.at(step * STEP_SECONDS).encode(), given):
            found = step
    return found


def _enrolment(name: str, secret: str) -> Enrolment:
    return Enrolment(secret, TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER))


def _new_recovery_code() -> str:
    """80 bits, in four groups that people can copy by hand."""
    text = base64.b32encode(secrets.token_bytes(10)).decode().lower()
    return "-".join(text[at : at + 4] for at in range(0, 16, 4))


def _bare(code: str) -> str:
    return code.replace("-", "").replace(" ", "").lower()
