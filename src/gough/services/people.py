"""People: the first administrator, signing in, sessions."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from gough.domain.errors import Conflict, Denied, Invalid, Problem, Unauthenticated
from gough.domain.passwords import fault_of
from gough.domain.permissions import GRANTS, Permission, Role
from gough.domain.retry import Backoff
from gough.persistence.models import LoginSession, Setting, User
from gough.services.context import Use
from gough.services.secrets import hash_secret, new_secret

SESSION_LIFE = timedelta(hours=12)
SETUP = "setup_secret_hash"
FREE_TRIES = 3
LOCKOUT = Backoff(first=timedelta(seconds=2), ceiling=timedelta(minutes=15))
_hasher = PasswordHasher()
# Verified when there is no such user, so that the time it takes does not tell which names exist.
_DUMMY = _hasher.hash("no such user")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. `csrf_token` is what a changing form must carry."""

    name: str
    role: Role
    csrf_token: str = ""

    def require(self, permission: Permission) -> None:
        if permission not in GRANTS[self.role]:
            raise Denied(f"{self.name} is {self.role.value}; this needs the permission '{permission.value}'.")


def prepare_setup(use: Use) -> str | None:
    """The one-time set-up secret, made anew at every start until there is an administrator; None afterwards."""
    given = use.settings.setup_secret
    secret = given.get_secret_value() if given else new_secret()
    with use.database.write() as session:
        if session.scalar(select(func.count()).select_from(User)):
            return None
        session.merge(Setting(name=SETUP, value=hash_secret(secret)))
    return secret


def needs_setup(session: Session) -> bool:
    return not session.scalar(select(func.count()).select_from(User))


def set_up(use: Use, secret: str, name: str, password: str) -> None:
    """Create the first administrator. Raises Unauthenticated for a wrong secret, Conflict when there is one."""
    _require_name_and_password(name, password)
    password_hash = _hasher.hash(password)
    with use.database.write() as session:
        if not needs_setup(session):
            raise Conflict("There is an administrator already.", hint="Sign in.")
        stored = session.get(Setting, SETUP)
        if stored is None or not compare_digest(str(stored.value), hash_secret(secret)):
            raise Unauthenticated("The set-up secret is wrong.", hint="It was printed when the server started.")
        now = use.database.now(session)
        session.add(User(name=name, password_hash=password_hash, role=Role.ADMIN.value, created_at=now))
        session.delete(stored)


def sign_in(use: Use, name: str, password: str, *, address: str) -> tuple[str, datetime]:
    """A new session's secret and its end. Raises Unauthenticated, and waits longer after each failure."""
    with use.database.read() as session:
        user, now = _by_name(session, name), use.database.now(session)
    if user is not None and user.locked_until is not None and user.locked_until > now:
        seconds = int((user.locked_until - now).total_seconds()) + 1
        raise Unauthenticated(f"Too many failed tries. Try again in {seconds} s.")
    right = _verify(user.password_hash if user else _DUMMY, password)
    if user is None or not right or user.disabled_at is not None:
        if user is not None:
            _count_failure(use, user.id)
        raise Unauthenticated("The name or the password is wrong.", hint="Try again.")
    secret = new_secret()
    with use.database.write() as session:
        now = use.database.now(session)
        session.execute(delete(LoginSession).where(LoginSession.expires_at < now))
        fresh = session.get_one(User, user.id)
        fresh.failed_logins, fresh.locked_until = 0, None
        session.add(
            LoginSession(
                secret_hash=hash_secret(secret), user_id=user.id, csrf_token=new_secret(), created_at=now,
                expires_at=now + SESSION_LIFE, address=address,
            )
        )  # fmt: skip
    return secret, now + SESSION_LIFE


def who(use: Use, session_secret: str) -> Caller | None:
    """The caller a session belongs to, while it lasts."""
    with use.database.read() as session:
        found = session.get(LoginSession, hash_secret(session_secret))
        if found is None or found.expires_at <= use.database.now(session) or found.user.disabled_at is not None:
            return None
        return Caller(found.user.name, Role(found.user.role), found.csrf_token)


def sign_out(use: Use, session_secret: str) -> None:
    with use.database.write() as session:
        session.execute(delete(LoginSession).where(LoginSession.secret_hash == hash_secret(session_secret)))


def _require_name_and_password(name: str, password: str) -> None:
    problems = []
    if not name.strip() or len(name) > 80:
        problems.append(Problem("/name", "Give a name of 1 to 80 characters."))
    if fault := fault_of(password, name):
        problems.append(Problem("/password", fault))
    if problems:
        raise Invalid("The account cannot be made like this.", problems=problems)


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except VerifyMismatchError:
        return False


def _count_failure(use: Use, user_id: str) -> None:
    with use.database.write() as session:
        user = session.get_one(User, user_id)
        user.failed_logins += 1
        if user.failed_logins >= FREE_TRIES:
            wait = LOCKOUT.delay(user.failed_logins - FREE_TRIES + 1, 1.0)
            user.locked_until = use.database.now(session) + wait


def _by_name(session: Session, name: str) -> User | None:
    return session.scalars(select(User).where(User.name == name)).one_or_none()
