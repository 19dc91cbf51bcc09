"""The audit log."""

from typing import Any

from gough.cli import embedded
from gough.services import audit


def newest(*, actor: str, action: str, target: str, limit: int) -> list[dict[str, Any]]:
    with embedded.use().database.read() as session:
        chosen = audit.chosen(actor=actor, action=action, target=target)
        return [audit.details(row) for row in audit.newest(session, chosen, limit=limit)]
