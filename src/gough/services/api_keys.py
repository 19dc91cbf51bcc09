"""API keys: `gough_<id>_<secret>`, for programs. A key never does more than its owner may, nor than its scopes say."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from ipaddress import IPv6Address, ip_address, ip_network

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from gough.domain.errors import Conflict, Denied, Invalid, NotFound, Problem, Unauthenticated
from gough.domain.permissions import GRANTS, Permission, Role
from gough.persistence.models import ApiKey, User
from gough.services import audit
from gough.services.context import Use
from gough.services.people import Caller
from gough.services.secrets import hash_secret, new_secret

PREFIX = "gough_"
VIA = "key"
OVERLAP = timedelta(hours=24)
LONGEST_DAYS = 3650
LONGEST_OVERLAP = timedelta(days=30)
MOST_NETWORKS = 20
NAME_LENGTH = 60
WRITE_USE_EVERY = timedelta(minutes=1)
WRONG = "The API key is not valid."


@dataclass(frozen=True, slots=True)
class Wish:
    """`networks` in CIDR, none for any; `days` until it expires, None for never."""

    name: str
    scopes: frozenset[Permission]
    networks: Sequence[str] = ()
    days: int | None = None


def create(use: Use, user_id: str, wish: Wish) -> tuple[ApiKey, str]:
    """The key's row, and the whole key, which is never shown again. Raises Invalid."""
    secret = new_secret()
    with use.database.write() as session:
        user = session.get_one(User, user_id)
        _check(wish, Role(user.role))
        now = use.database.now(session)
        row = ApiKey(
            id=secrets.token_hex(8), user=user, name=wish.name.strip(), secret_hash=hash_secret(secret),
            scopes=sorted(wish.scopes), networks=[str(ip_network(each)) for each in wish.networks], created_at=now,
            expires_at=now + timedelta(days=wish.days) if wish.days is not None else None,
        )  # fmt: skip
        session.add(row)
        audit.note(target=f"{row.id} ({row.name})", after={**_told(row), "owner": user.name})
    return row, f"{PREFIX}{row.id}_{secret}"


def rotate(use: Use, key_id: str, *, owner: str | None, overlap: timedelta = OVERLAP) -> tuple[ApiKey, str]:
    """Another secret for the same key; the old one is good for `overlap` more. Raises NotFound, Conflict or Invalid."""
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        raise Invalid(f"The overlap is at most {LONGEST_OVERLAP.days} days, and not negative.")
    secret = new_secret()
    with use.database.write() as session:
        row = find(session, key_id, owner=owner)
        now = use.database.now(session)
        if fault := _ended(row, now):
            raise Conflict(fault, hint="Make a new one.")
        row.old_secret_hash, row.old_until = row.secret_hash, now + overlap
        row.secret_hash, row.rotated_at = hash_secret(secret), now
        audit.note(target=f"{row.id} ({row.name})", after={"overlap_seconds": int(overlap.total_seconds())})
    return row, f"{PREFIX}{row.id}_{secret}"


def revoke(use: Use, key_id: str, *, owner: str | None) -> None:
    """It is good for nothing from now on. Raises NotFound."""
    with use.database.write() as session:
        row = find(session, key_id, owner=owner)
        row.revoked_at = row.revoked_at or use.database.now(session)
        audit.note(target=f"{row.id} ({row.name})", before=_told(row), after={"revoked": True})


def revoke_all(session: Session, user_id: str, now: datetime) -> None:
    session.execute(update(ApiKey).where(ApiKey.user_id == user_id, ApiKey.revoked_at.is_(None)).values(revoked_at=now))


def listed(session: Session, *, owner: str | None) -> list[ApiKey]:
    """`owner` is a user's id; None for everybody's. Revoked keys are not among them."""
    query = select(ApiKey).where(ApiKey.revoked_at.is_(None)).order_by(ApiKey.created_at.desc(), ApiKey.id)
    return list(session.scalars(query if owner is None else query.where(ApiKey.user_id == owner)))


def find(session: Session, key_id: str, *, owner: str | None) -> ApiKey:
    """Raises NotFound, also for somebody else's."""
    row = session.get(ApiKey, key_id)
    if row is None or row.revoked_at is not None or owner not in (None, row.user_id):
        raise NotFound(f"There is no API key '{key_id[:40]}'.")
    return row


def who(use: Use, key: str, *, address: str) -> Caller:
    """The caller a key speaks for. Raises Unauthenticated, or Denied for one from a network that is not its own."""
    key_id, _, secret = key.removeprefix(PREFIX).partition("_")
    with use.database.read() as session:
        row, now = session.get(ApiKey, key_id), use.database.now(session)
        if row is None or not _matches(row, hash_secret(secret), now):
            raise Unauthenticated(WRONG, hint="Send a key that `gough api-key create` or the portal gave.")
        user = row.user
    if fault := "Its owner is disabled." if user.disabled_at is not None else _ended(row, now):
        raise Unauthenticated(f"{WRONG} {fault}", hint="Use another key.")
    if row.networks and not _is_in(address, row.networks):
        raise Denied(f"This API key may not be used from {address}.", hint="Use it from its networks, or make another.")
    if row.used_at is None or now - row.used_at >= WRITE_USE_EVERY:
        _write_use(use, row.id, now, address)
    scopes = frozenset(Permission(scope) for scope in row.scopes if scope in set(Permission))
    return Caller(
        f"{user.name} (key {row.name})", Role(user.role), user_id=user.id, via=VIA, credential=row.id, scopes=scopes
    )  # fmt: skip


def _check(wish: Wish, role: Role) -> None:
    problems = []
    if not wish.name.strip() or len(wish.name) > NAME_LENGTH or not wish.name.isprintable():
        problems.append(Problem("/name", f"Give a name of 1 to {NAME_LENGTH} characters."))
    if not wish.scopes:
        problems.append(Problem("/scopes", "Give at least one."))
    if beyond := sorted(wish.scopes - GRANTS[role]):
        problems.append(Problem("/scopes", f"{', '.join(beyond)}: the owner, {role.value}, may not do that"))
    if wish.days is not None and not 1 <= wish.days <= LONGEST_DAYS:
        problems.append(Problem("/days", f"Give 1 to {LONGEST_DAYS} days, or nothing for a key that never expires."))
    if len(wish.networks) > MOST_NETWORKS:
        problems.append(Problem("/networks", f"Give at most {MOST_NETWORKS}."))
    for index, network in enumerate(wish.networks):
        try:
            ip_network(network)
        except ValueError:
            problems.append(Problem(f"/networks/{index}", "is not a network like 10.20.0.0/16 or 2001:db8::/32"))
    if problems:
        raise Invalid("The API key cannot be made like this.", problems=problems)


def _matches(row: ApiKey, given: str, now: datetime) -> bool:
    old = row.old_secret_hash if row.old_until is not None and now < row.old_until else None
    return compare_digest(row.secret_hash, given) or (old is not None and compare_digest(old, given))


def _ended(row: ApiKey, now: datetime) -> str:
    """Why it is good for nothing; empty while it is good."""
    if row.revoked_at is not None:
        return "It was revoked."
    return "It has expired." if row.expires_at is not None and row.expires_at <= now else ""


def _is_in(address: str, networks: Sequence[str]) -> bool:
    try:
        here = ip_address(address)
    except ValueError:
        return False
    if isinstance(here, IPv6Address) and here.ipv4_mapped is not None:
        here = here.ipv4_mapped
    return any(here in ip_network(network) for network in networks)


def _write_use(use: Use, key_id: str, now: datetime, address: str) -> None:
    stale = or_(ApiKey.used_at.is_(None), ApiKey.used_at <= now - WRITE_USE_EVERY)
    with use.database.write() as session:
        session.execute(update(ApiKey).where(ApiKey.id == key_id, stale).values(used_at=now, used_from=address))


def _told(row: ApiKey) -> dict[str, object]:
    return {"scopes": list(row.scopes), "networks": list(row.networks), "expires_at": row.expires_at}
