"""Regions that are followed no more, and templates that are deployed no more: their history stays"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from gough.persistence.types import Utc

revision: str = "0009"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("maas_regions", sa.Column("removed_at", Utc(), nullable=True))
    op.add_column("templates", sa.Column("archived_at", Utc(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("templates") as templates:
        templates.drop_column("archived_at")
    with op.batch_alter_table("maas_regions") as regions:
        regions.drop_column("removed_at")
