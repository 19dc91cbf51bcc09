"""Signing in over the API: short access tokens, and refresh tokens that are good once.

An access token is signed, so that nobody can make one; the database is asked all the same whether its sign-in
still lasts, so that an end is an end at once.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from gough.domain.errors import Denied, Unauthenticated
from gough.domain.permissions import Role
from gough.persistence.models import RefreshToken, TokenFamily
from gough.services import audit
from gough.services.context import Use
from gough.services.people import Caller, must_enrol
from gough.services.secrets import hash_secret, new_secret
from gough.services.signing_in import prove, welcome

VIA = "token"
ACCESS_LIFE = timedelta(minutes=15)
SIGN_IN_LIFE = timedelta(days=30)
ALGORITHM = "HS256"  # one side signs and checks; the only one that is accepted, whatever a token's head says
AUDIENCE = "gough-api"
CLAIMS = ["iss", "aud", "sub", "sid", "jti", "iat", "exp"]
WRONG = "The access token is not valid."


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a client keeps: the access token until it expires, the refresh token until it is used."""

    access: str
    access_until: datetime
    refresh: str
    refresh_until: datetime


def sign_in(use: Use, name: str, password: str, *, code: str, address: str) -> Tokens:
    """Raises as `signing_in.prove` does; Denied for an administrator who must enrol a second factor first."""
    user = prove(use, name, password, code)
    if must_enrol(use, user):
        raise Denied(
            "Administrators need a second factor here, and this one has none yet.", hint="Enrol it in the portal."
        )
    with use.database.write() as session:
        now = use.database.now(session)
        session.execute(delete(TokenFamily).where(TokenFamily.expires_at < now))
        welcome(session, user.id, now)
        family = TokenFamily(
            user_id=user.id, created_at=now, expires_at=now + SIGN_IN_LIFE, used_at=now, address=address
        )
        session.add(family)
        session.flush()
        return _next(use, session, family, now)


def refresh(use: Use, given: str, *, address: str) -> Tokens:
    """New tokens for a refresh token, which is good no more. Raises Unauthenticated.

    One that was used before ends its whole family: whoever holds the others must sign in again.
    """
    with use.database.write() as session:
        now = use.database.now(session)
        fresh = update(RefreshToken).where(
            RefreshToken.token_hash == hash_secret(given), RefreshToken.used_at.is_(None)
        )
        claimed = session.execute(fresh.values(used_at=now).returning(RefreshToken.token_hash)).first()
        found = session.get(RefreshToken, hash_secret(given))
        if found is None:
            raise _sign_in_again("The refresh token is not valid.")
        family = found.family
        audit.note(actor=family.user.name, target=family.id)
        if family.revoked_at is not None or family.expires_at <= now or family.user.disabled_at is not None:
            raise _sign_in_again("This sign-in has ended.")
        if claimed is not None:
            family.used_at, family.address = now, address
            return _next(use, session, family, now)
        end(family, now, "a refresh token came twice")
        audit.note(after={"revoked": family.revoked_because})
    raise _sign_in_again("This refresh token was used before, so the sign-in it belongs to has been ended.")


def who(use: Use, access: str) -> Caller:
    """The caller an access token speaks for. Raises Unauthenticated."""
    claims = _claims(use, access)
    with use.database.read() as session:
        family, now = session.get(TokenFamily, claims["sid"]), use.database.now(session)
        if now >= datetime.fromtimestamp(claims["exp"], UTC):
            raise Unauthenticated(f"{WRONG} It has expired.", hint="Use the refresh token.")
        if family is None or family.user_id != claims["sub"] or family.revoked_at is not None:
            raise _sign_in_again(f"{WRONG} Its sign-in has ended.")
        user = family.user
        if user.disabled_at is not None:
            raise _sign_in_again(f"{WRONG} Its owner is disabled.")
    return Caller(user.name, Role(user.role), user_id=user.id, via=VIA, credential=family.id)


def sign_out(use: Use, family_id: str) -> None:
    with use.database.write() as session:
        if (family := session.get(TokenFamily, family_id)) is not None:
            end(family, use.database.now(session), "signed out")


def end(family: TokenFamily, now: datetime, because: str) -> None:
    if family.revoked_at is None:
        family.revoked_at, family.revoked_because = now, because


def end_all(session: Session, user_id: str, now: datetime, because: str) -> None:
    session.execute(
        update(TokenFamily).where(TokenFamily.user_id == user_id, TokenFamily.revoked_at.is_(None))
        .values(revoked_at=now, revoked_because=because)
    )  # fmt: skip


def _next(use: Use, session: Session, family: TokenFamily, now: datetime) -> Tokens:
    secret = new_secret()
    session.add(RefreshToken(token_hash=hash_secret(secret), family_id=family.id, created_at=now))
    until = min(now + ACCESS_LIFE, family.expires_at)
    claims = {
        "iss": _issuer(use), "aud": AUDIENCE, "sub": family.user_id, "sid": family.id, "jti": uuid4().hex,
        "iat": int(now.timestamp()), "exp": int(until.timestamp()),
    }  # fmt: skip
    access = jwt.encode(claims, use.sealer.derive("access tokens")[0], algorithm=ALGORITHM)
    return Tokens(access, until, secret, family.expires_at)


def _claims(use: Use, access: str) -> dict[str, Any]:
    """What a token says that one of our keys has signed. Its end is looked at by the database's clock, not here."""
    for key in use.sealer.derive("access tokens"):
        try:
            return jwt.decode(
                access, key, algorithms=[ALGORITHM], audience=AUDIENCE, issuer=_issuer(use),
                options={"require": CLAIMS, "verify_exp": False, "verify_iat": False},
            )  # fmt: skip
        except jwt.InvalidSignatureError:
            continue
        except jwt.InvalidTokenError:
            break
    raise Unauthenticated(WRONG, hint="Sign in at POST /api/v1/auth/login, or send an API key.")


def _issuer(use: Use) -> str:
    return use.settings.public_url or "gough"


def _sign_in_again(said: str) -> Unauthenticated:
    return Unauthenticated(said, hint="Sign in again at POST /api/v1/auth/login.")
