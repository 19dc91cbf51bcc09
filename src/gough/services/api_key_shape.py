"""An API key as people and programs see it. Its secret has no field here."""

from datetime import datetime
from typing import Any

from gough.persistence.models import ApiKey


def details(row: ApiKey, now: datetime) -> dict[str, Any]:
    old = row.old_until if row.old_until is not None and row.old_until > now else None
    return {
        "id": row.id, "name": row.name, "owner": row.user.name, "scopes": list(row.scopes),
        "networks": list(row.networks), "created_at": row.created_at, "expires_at": row.expires_at,
        "is_expired": row.expires_at is not None and row.expires_at <= now, "rotated_at": row.rotated_at,
        "old_secret_until": old, "used_at": row.used_at, "used_from": row.used_from,
    }  # fmt: skip
