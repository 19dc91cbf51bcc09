"""People as callers: the first administrator, sessions of the portal, and what a caller may do."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.orm import Session

from gough.domain.errors import Conflict, Denied, Invalid, Problem, Unauthenticated
from gough.domain.passwords import fault_of
from gough.domain.permissions import GRANTS, Permission, Role
from gough.persistence.models import LoginSession, Setting, User
from gough.services import audit
from gough.services.context import Use
from gough.services.password_hashing import hash_password
from gough.services.secrets import hash_secret, new_secret
from gough.services.signing_in import prove, welcome

SESSION_LIFE = timedelta(hours=12)
SETUP = "setup_secret_hash"
NAME_LENGTH = 80
SESSION = "session"
NAMED = 16
_WHO = (
    select(
        LoginSession.csrf_token, LoginSession.expires_at, LoginSession.id_token_sealed, LoginSession.user_id,
        User.name, User.role, User.disabled_at, User.totp_sealed,
    )
    .join(User, User.id == LoginSession.user_id)
    .where(LoginSession.secret_hash == bindparam("secret"))
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. `csrf_token` is what a changing form must carry; only sessions have one.

    `scopes` narrow what the role grants. `via` says how the caller is known: a session, an access token, an API key;
    `credential` is which one. `must_enrol`: nothing is allowed but enrolling a second factor.
    """

    name: str
    role: Role
    csrf_token: str = ""
    user_id: str = ""
    via: str = SESSION
    credential: str = ""
    scopes: frozenset[Permission] | None = None
    must_enrol: bool = False

    @property
    def permissions(self) -> frozenset[Permission]:
        granted = GRANTS[self.role]
        return granted if self.scopes is None else granted & self.scopes

    def require(self, permission: Permission) -> None:
        if permission not in GRANTS[self.role]:
            raise Denied(f"{self.name} is {self.role.value}; this needs the permission '{permission.value}'.")
        if permission not in self.permissions:
            raise Denied(f"This API key does not have the scope '{permission.value}'.", hint="Use another key.")


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
    require_name_and_password(name, password)
    password_hash = hash_password(password)
    with use.database.write() as session:
        if not needs_setup(session):
            raise Conflict("There is an administrator already.", hint="Sign in.")
        stored = session.get(Setting, SETUP)
        if stored is None or not compare_digest(str(stored.value), hash_secret(secret)):
            raise Unauthenticated("The set-up secret is wrong.", hint="It was printed when the server started.")
        now = use.database.now(session)
        session.add(User(name=name, password_hash=password_hash, role=Role.ADMIN.value, created_at=now))
        session.delete(stored)
    audit.note(target=name, after={"role": Role.ADMIN.value})


def sign_in(use: Use, name: str, password: str, *, address: str, code: str = "") -> tuple[str, datetime]:
    """A new session's secret and its end. Raises as `signing_in.prove` does."""
    return begin_session(use, prove(use, name, password, code), address=address)


def begin_session(use: Use, user: User, *, address: str, id_token: str = "") -> tuple[str, datetime]:
    """For somebody who has proved who they are: a new session's secret and its end.

    `id_token`: an identity provider's word for it. Then the second factor was its matter, not ours.
    """
    secret = new_secret()
    with use.database.write() as session:
        now = use.database.now(session)
        session.execute(delete(LoginSession).where(LoginSession.expires_at < now))
        welcome(session, user.id, now)
        session.add(
            LoginSession(
                secret_hash=hash_secret(secret), user_id=user.id, csrf_token=new_secret(), created_at=now,
                expires_at=now + SESSION_LIFE, address=address,
                id_token_sealed=use.sealer.seal_text(id_token) if id_token else None,
            )
        )  # fmt: skip
    return secret, now + SESSION_LIFE


def who(use: Use, session_secret: str) -> Caller | None:
    """The caller a session belongs to, while it lasts."""
    secret_hash = hash_secret(session_secret)
    with use.database.read() as session:  # columns, past the ORM: every request of the portal comes by here
        found = session.connection().execute(_WHO, {"secret": secret_hash}).first()
        if found is None or found.expires_at <= use.database.now(session) or found.disabled_at is not None:
            return None
    return Caller(
        found.name, Role(found.role), found.csrf_token, user_id=found.user_id, credential=secret_hash[:NAMED],
        must_enrol=found.id_token_sealed is None and _lacks_factor(use, found.role, found.totp_sealed),
    )  # fmt: skip


def session_id(row: LoginSession) -> str:
    """What names a session to people; nothing can be done with it but ending it."""
    return row.secret_hash[:NAMED]


def must_enrol(use: Use, user: User) -> bool:
    """Whether this person may do nothing before enrolling a second factor."""
    return _lacks_factor(use, user.role, user.totp_sealed)


def _lacks_factor(use: Use, role: str, totp_sealed: str | None) -> bool:
    return use.settings.admins_need_totp and role == Role.ADMIN.value and totp_sealed is None


def sign_out(use: Use, session_secret: str) -> None:
    with use.database.write() as session:
        session.execute(delete(LoginSession).where(LoginSession.secret_hash == hash_secret(session_secret)))


def require_name_and_password(name: str, password: str) -> None:
    """Raises Invalid with everything that is wrong with either."""
    problems = name_problems(name)
    if fault := fault_of(password, name):
        problems.append(Problem("/password", fault))
    if problems:
        raise Invalid("The account cannot be made like this.", problems=problems)


def name_problems(name: str) -> list[Problem]:
    if not name.strip() or len(name) > NAME_LENGTH or not name.isprintable() or "/" in name:
        return [Problem("/name", f"Give a name of 1 to {NAME_LENGTH} characters, without a /.")]
    return []


def find(session: Session, name: str) -> User | None:
    return session.scalars(select(User).where(User.name == name)).one_or_none()
