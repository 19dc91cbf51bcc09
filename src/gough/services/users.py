"""Accounts: making them, what they may do, ending what they hold. There is always an administrator left."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from gough.domain.errors import Conflict, Invalid, NotFound, Problem, Unauthenticated
from gough.domain.passwords import fault_of
from gough.domain.permissions import Role
from gough.persistence.models import LoginSession, TokenFamily, User
from gough.services import api_keys, audit, people, second_factor, tokens
from gough.services.context import Use
from gough.services.password_hashing import hash_password, is_right
from gough.services.secrets import hash_secret, new_secret

RESET_LIFE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A sign-in that lasts: of the portal, or over the API. `id` names it and opens nothing."""

    id: str
    kind: str
    created_at: datetime
    expires_at: datetime
    address: str


def create(use: Use, name: str, role: Role) -> tuple[User, str]:
    """The account, and the one-time secret with which its owner chooses a password. Raises Invalid or Conflict."""
    if problems := people.name_problems(name):
        raise Invalid("The account cannot be made like this.", problems=problems)
    secret = new_secret()
    with use.database.write() as session:
        if people.find(session, name) is not None:
            raise Conflict(f"There is an account '{name}' already.")
        now = use.database.now(session)
        user = User(name=name, password_hash="", role=role.value, created_at=now)
        user.reset_hash, user.reset_until = hash_secret(secret), now + RESET_LIFE
        session.add(user)
        audit.note(target=name, after={"role": role.value})
    return user, secret


def change_role(use: Use, name: str, role: Role) -> User:
    """Raises NotFound, or Conflict for the last administrator."""
    with use.database.write() as session:
        user = find(session, name)
        if role is not Role.ADMIN:
            _require_another_admin(session, user)
        audit.note(target=name, before={"role": user.role}, after={"role": role.value})
        user.role = role.value
    return user


def disable(use: Use, name: str) -> User:
    """Nobody signs in with it; its sessions, tokens and keys are dead at once. Raises NotFound or Conflict."""
    with use.database.write() as session:
        user = find(session, name)
        _require_another_admin(session, user)
        now = use.database.now(session)
        audit.note(target=name, before={"disabled": user.disabled_at is not None}, after={"disabled": True})
        user.disabled_at = user.disabled_at or now
        user.reset_hash = user.reset_until = None
        _end_sign_ins(session, user.id, now, "the account was disabled")
        api_keys.revoke_all(session, user.id, now)
    return user


def enable(use: Use, name: str) -> User:
    """It may sign in again; what was ended stays so. Raises NotFound."""
    with use.database.write() as session:
        user = find(session, name)
        audit.note(target=name, before={"disabled": user.disabled_at is not None}, after={"disabled": False})
        user.disabled_at = user.locked_until = None
        user.failed_logins = 0
    return user


def remove(use: Use, name: str) -> None:
    """The account, and everything it could sign in with. What it did keeps its name. Raises NotFound or Conflict."""
    with use.database.write() as session:
        user = find(session, name)
        _require_another_admin(session, user)
        audit.note(target=name, before={"role": user.role}, after={"removed": True})
        session.delete(user)


def reset_password(use: Use, name: str) -> str:
    """A one-time secret that sets a new password; the old one is good until then. Raises NotFound or Conflict."""
    secret = new_secret()
    with use.database.write() as session:
        user = find(session, name)
        if user.disabled_at is not None:
            raise Conflict(f"The account '{name}' is disabled.", hint="Enable it first.")
        user.reset_hash, user.reset_until = hash_secret(secret), use.database.now(session) + RESET_LIFE
        audit.note(target=name, after={"reset_until": user.reset_until})
    return secret


def redeem(use: Use, secret: str, password: str) -> str:
    """Whose password was set. Raises Unauthenticated for a secret that is wrong or too old, Invalid for the password.

    A second factor stays: whoever reads the link still needs it.
    """
    with use.database.read() as session:
        name = _of_reset(session, secret, use.database.now(session)).name
    _require_password(password, name)
    hashed = hash_password(password)
    with use.database.write() as session:
        now = use.database.now(session)
        user = _of_reset(session, secret, now)
        user.reset_hash = user.reset_until = None
        _set_password(session, user, hashed, now)
    return name


def change_password(use: Use, user_id: str, old: str, new: str) -> None:
    """One's own; every sign-in ends. Raises Unauthenticated for a wrong old one, Invalid for the new one."""
    with use.database.read() as session:
        user = session.get_one(User, user_id)
    if not is_right(user.password_hash, old):
        raise Unauthenticated("The password is wrong.", hint="Give the present one.")
    _require_password(new, user.name)
    hashed = hash_password(new)
    with use.database.write() as session:
        _set_password(session, session.get_one(User, user_id), hashed, use.database.now(session))


def reset_second_factor(use: Use, name: str) -> None:
    """For somebody who lost it; every sign-in of theirs ends. Raises NotFound."""
    with use.database.write() as session:
        user = find(session, name)
        second_factor.forget(session, user)
        _end_sign_ins(session, user.id, use.database.now(session), "the second factor was reset")


def sign_ins(session: Session, user_id: str, now: datetime) -> list[SignedIn]:
    """Those that last, the newest first."""
    portal = session.scalars(select(LoginSession).where(LoginSession.user_id == user_id, LoginSession.expires_at > now))
    families = session.scalars(
        select(TokenFamily).where(
            TokenFamily.user_id == user_id, TokenFamily.expires_at > now, TokenFamily.revoked_at.is_(None)
        )
    )
    found = [
        *(SignedIn(people.session_id(s), "portal", s.created_at, s.expires_at, s.address) for s in portal),
        *(SignedIn(f.id, "api", f.created_at, f.expires_at, f.address) for f in families),
    ]
    return sorted(found, key=lambda each: each.created_at, reverse=True)


def end_sign_in(use: Use, user_id: str, sign_in_id: str) -> None:
    """Raises NotFound for one that this account has not."""
    with use.database.write() as session:
        now = use.database.now(session)
        found = next((each for each in sign_ins(session, user_id, now) if each.id == sign_in_id), None)
        if found is None:
            raise NotFound("There is no such session.", hint="It may have ended already.")
        audit.note(target=sign_in_id)
        if found.kind == "api":
            tokens.end(session.get_one(TokenFamily, sign_in_id), now, "ended by hand")
            return
        for row in session.scalars(select(LoginSession).where(LoginSession.user_id == user_id)):
            if people.session_id(row) == sign_in_id:
                session.delete(row)


def listed(session: Session) -> list[User]:
    return list(session.scalars(select(User).order_by(User.name)))


def find(session: Session, name: str) -> User:
    user = people.find(session, name)
    if user is None:
        raise NotFound(f"There is no account '{name}'.")
    return user


def details(user: User, now: datetime) -> dict[str, Any]:
    """An account as people and programs see it."""
    return {
        "name": user.name, "role": user.role, "is_disabled": user.disabled_at is not None,
        "has_password": bool(user.password_hash), "has_second_factor": user.totp_sealed is not None,
        "is_locked": user.locked_until is not None and user.locked_until > now,
        "created_at": user.created_at, "signed_in_at": user.signed_in_at,
    }  # fmt: skip


def _require_another_admin(session: Session, user: User) -> None:
    """Rows are locked, so that two administrators cannot remove each other at the same moment."""
    if user.role != Role.ADMIN.value or user.disabled_at is not None:
        return
    query = select(User.id).where(User.role == Role.ADMIN.value, User.disabled_at.is_(None)).order_by(User.id)
    if set(session.scalars(query.with_for_update())) <= {user.id}:
        raise Conflict(
            f"{user.name} is the last administrator; somebody must be.", hint="Make somebody else administrator first."
        )


def _end_sign_ins(session: Session, user_id: str, now: datetime, because: str) -> None:
    session.execute(delete(LoginSession).where(LoginSession.user_id == user_id))
    tokens.end_all(session, user_id, now, because)


def _set_password(session: Session, user: User, hashed: str, now: datetime) -> None:
    user.password_hash, user.failed_logins, user.locked_until = hashed, 0, None
    _end_sign_ins(session, user.id, now, "the password was changed")
    audit.note(target=user.name, actor=user.name, after={"changed": "password"})


def _of_reset(session: Session, secret: str, now: datetime) -> User:
    user = session.scalars(select(User).where(User.reset_hash == hash_secret(secret))).one_or_none()
    if user is None or user.reset_until is None or user.reset_until <= now or user.disabled_at is not None:
        raise Unauthenticated("This link is not valid, or not any more.", hint="Ask an administrator for another.")
    return user


def _require_password(password: str, name: str) -> None:
    if fault := fault_of(password, name):
        raise Invalid("This password cannot be used.", problems=[Problem("/password", fault)])
