"""Runs migrations on the connection that `gough.persistence.schema` hands over."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from gough.persistence.models import Base
from gough.persistence.types import BigId, Json, Utc


def _render(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Our own column types by their names, so that a migration reads like the models."""
    if kind != "type":
        return False
    if isinstance(item, Utc):
        return "Utc()"
    return {id(Json): "Json", id(BigId): "BigId"}.get(id(item), False)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_item=_render,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
