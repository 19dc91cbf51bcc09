"""Keys for programs."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from gough.cli import embedded
from gough.domain.permissions import Permission
from gough.services import api_key_shape, api_keys, users


def listed() -> list[dict[str, Any]]:
    with embedded.use().database.read() as session:
        now = embedded.use().database.now(session)
        return [api_key_shape.details(row, now) for row in api_keys.listed(session, owner=None)]


def create(user: str, name: str, scopes: Sequence[Permission], networks: Sequence[str], days: int | None) -> str:
    """The key itself."""
    with embedded.use().database.read() as session:
        owner = users.find(session, user)
    return api_keys.create(embedded.use(), owner.id, api_keys.Wish(name, frozenset(scopes), tuple(networks), days))[1]


def rotate(key_id: str, overlap_hours: int) -> str:
    return api_keys.rotate(embedded.use(), key_id, owner=None, overlap=timedelta(hours=overlap_hours))[1]


def revoke(key_id: str) -> None:
    api_keys.revoke(embedded.use(), key_id, owner=None)
