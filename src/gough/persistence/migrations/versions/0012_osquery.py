"""What machines were told of their Fleet hosts"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from gough.persistence.types import Json

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # Every host is told of once more: machines learn what was known before they could be told.
    op.add_column("fleet_hosts", sa.Column("untold", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("fleet_hosts", sa.Column("told", Json, nullable=False, server_default="{}"))


def downgrade() -> None:
    op.drop_column("fleet_hosts", "told")
    op.drop_column("fleet_hosts", "untold")
