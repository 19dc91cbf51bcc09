"""How urgent a bulk operation is, regions in which no job begins, and what an import has left to read"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from gough.persistence.types import Json, Utc

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("bulk_operations", sa.Column("priority", sa.Integer(), server_default="0", nullable=False))
    op.add_column("maas_regions", sa.Column("paused_at", Utc(), nullable=True))
    op.add_column("maas_regions", sa.Column("paused_by", sa.String(length=150), server_default="", nullable=False))
    op.add_column("maas_regions", sa.Column("paused_reason", sa.Text(), server_default="", nullable=False))
    op.add_column("maas_regions", sa.Column("presence_tried_at", Utc(), nullable=True))
    op.add_column("maas_regions", sa.Column("unread", Json, server_default="[]", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("maas_regions") as regions:
        for name in ("unread", "presence_tried_at", "paused_reason", "paused_by", "paused_at"):
            regions.drop_column(name)
    with op.batch_alter_table("bulk_operations") as operations:
        operations.drop_column("priority")
