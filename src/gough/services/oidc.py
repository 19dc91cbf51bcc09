"""Single sign-on: people prove who they are at an identity provider, whose groups say what they may do here.

An account belongs to an (issuer, subject), never to a name or an address: those the provider may give to others.
Roles and groups are looked at anew each time somebody signs in.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import orjson
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gough.domain.errors import Conflict, Denied, Misconfigured, NotFound, Outside, Unauthenticated
from gough.domain.permissions import Role
from gough.domain.sign_on import role_of
from gough.persistence.models import Identity, LoginSession, User
from gough.ports import IdentityProvider, SignedOn, SignOn
from gough.services import api_keys, audit, people, tokens
from gough.services.context import Use
from gough.services.secrets import hash_secret

LIFE = timedelta(minutes=10)
BEGIN_AGAIN = "Begin again from the sign-in page."
ASK = "Ask an administrator of Gough."
SAME_NAME, MOST_GROUPS = 100, 50


@dataclass(frozen=True, slots=True)
class Entered:
    """A new session's secret, and where its owner was going."""

    secret: str
    onward: str


def provider_of(use: Use) -> IdentityProvider:
    """Raises NotFound where there is none."""
    if use.identity_provider is None:
        raise NotFound("Single sign-on is not set up here.", hint="Sign in with a name and a password.")
    return use.identity_provider()


def begin(use: Use, onward: str) -> tuple[str, str]:
    """(where to send the browser, what it must bring back). Raises NotFound, Refused or Unavailable.

    What it brings back is sealed and good for ten minutes: the secrets of this sign-in, which nobody else has.
    """
    begun = provider_of(use).begin()
    with use.database.read() as session:
        until = use.database.now(session) + LIFE
    kept = {"sign_on": asdict(begun) | {"url": ""}, "onward": onward, "until": until.isoformat()}
    return begun.url, use.sealer.seal_text(orjson.dumps(kept).decode())


def finish(use: Use, kept: str, answer: Mapping[str, str], *, address: str) -> Entered:
    """Whoever the provider vouches for is let in, as what their groups say now.

    Raises Unauthenticated for the answer to no sign-in of this browser's, Denied for somebody who may not come in,
    and what `IdentityProvider` does.
    """
    provider = provider_of(use)
    with use.database.read() as session:
        now = use.database.now(session)
    begun, onward = _kept(use, kept, now)
    somebody = provider.finish(begun, answer, now=now)
    groups = sorted(somebody.groups)[:MOST_GROUPS]
    audit.note(target=somebody.name, after={"identity": f"{somebody.subject} at {somebody.issuer}", "groups": groups})
    user = _admitted(use, somebody)
    secret, _ = people.begin_session(use, user, address=address, id_token=somebody.id_token)
    return Entered(secret, onward)


def sign_out_url(use: Use, session_secret: str) -> str:
    """Where the browser ends its session at the provider as well; empty where there is none. Raises nothing."""
    with use.database.read() as session:
        found = session.get(LoginSession, hash_secret(session_secret))
    if found is None or found.id_token_sealed is None or use.identity_provider is None:
        return ""
    try:
        return provider_of(use).sign_out_url(use.sealer.open_text(found.id_token_sealed))
    except (Outside, Misconfigured):  # signing out of Gough must not hang on it
        return ""


def _kept(use: Use, kept: str, now: datetime) -> tuple[SignOn, str]:
    try:
        said = orjson.loads(use.sealer.open_text(kept))
        begun, until = SignOn(**said["sign_on"]), datetime.fromisoformat(said["until"])
        onward = str(said["onward"])
    except (Misconfigured, ValueError, KeyError, TypeError):
        raise Unauthenticated("No sign-in has begun in this browser.", hint=BEGIN_AGAIN) from None
    if now > until:
        raise Unauthenticated("Signing in took too long.", hint=BEGIN_AGAIN)
    return begun, onward


def _admitted(use: Use, somebody: SignedOn) -> User:
    role = role_of(somebody.groups, use.settings.oidc_role_map, use.settings.oidc_default_role)
    try:
        answer = _decided(use, somebody, role)
    except IntegrityError:  # the same person, or another of that name, came in at the same moment
        answer = _decided(use, somebody, role)
    if isinstance(answer, Denied):
        raise answer
    return answer


def _decided(use: Use, somebody: SignedOn, role: Role | None) -> User | Denied:
    """A refusal is answered rather than raised, so that what it ends has ended."""
    with use.database.write() as session:
        now = use.database.now(session)
        query = select(Identity).where(Identity.issuer == somebody.issuer, Identity.subject == somebody.subject)
        identity = session.scalars(query).one_or_none()
        if identity is not None:
            audit.note(actor=identity.user.name)
        if role is None:
            return _shut_out(session, identity, now)
        if identity is not None and identity.user.disabled_at is not None:
            return Denied(f"The account '{identity.user.name}' is disabled.", hint=ASK)
        if identity is None and role is not Role.ADMIN and people.needs_setup(session):
            return Denied("Nobody administers this Gough yet.", hint="An administrator must come first.")
        identity = identity or _new_account(session, somebody, role, now)
        user, identity.signed_in_at = identity.user, now
        audit.note(actor=user.name)
        if user.role != role.value:
            audit.note(before={"role": user.role}, after={"role": role.value})
            user.role = role.value
        return user


def _shut_out(session: Session, identity: Identity | None, now: datetime) -> Denied:
    """Whoever has lost every group loses what they hold as well, the API keys too."""
    if identity is not None:
        session.execute(delete(LoginSession).where(LoginSession.user_id == identity.user_id))
        tokens.end_all(session, identity.user_id, now, "the provider's groups give no role")
        api_keys.revoke_all(session, identity.user_id, now)
        audit.note(after={"ended": "every session, token and API key"})
    return Denied("None of your groups has a role in Gough.", hint=ASK)


def _new_account(session: Session, somebody: SignedOn, role: Role, now: datetime) -> Identity:
    """Never one that is there already: a local account of the same name may be somebody else's."""
    name = next((each for each in _names(somebody) if people.find(session, each) is None), None)
    if name is None:
        raise Conflict(f"There are too many accounts like '{somebody.name}'.", hint=ASK)
    user = User(name=name, password_hash="", role=role.value, created_at=now)
    identity = Identity(user=user, issuer=somebody.issuer, subject=somebody.subject, created_at=now, signed_in_at=now)
    session.add(identity)
    audit.note(after={"made": "account", "role": role.value})
    return identity


def _names(somebody: SignedOn) -> Iterator[str]:
    """`ada`, `ada@sso.example`, `ada@sso.example-2`, …"""
    longer = f"{somebody.name}@{urlsplit(somebody.issuer).hostname}"[: people.NAME_LENGTH - 4]
    yield somebody.name
    yield longer
    yield from (f"{longer}-{number}" for number in range(2, SAME_NAME))
