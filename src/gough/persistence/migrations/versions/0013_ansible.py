"""Runs of playbooks, the key for them, and the queue that a job waits in"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from gough.persistence.types import Json, Utc

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("queue", sa.String(20), nullable=False, server_default="default"))
    op.add_column("deployments", sa.Column("playbook", sa.String(100), nullable=False, server_default=""))
    op.create_table(
        "ssh_keys",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("public", sa.Text, nullable=False),
        sa.Column("private_sealed", sa.Text, nullable=False),
        sa.Column("made_at", Utc, nullable=False),
    )
    op.create_table(
        "playbook_runs",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("machine_id", sa.String(40), sa.ForeignKey("machines.id"), nullable=False),
        sa.Column("deployment_id", sa.String(40), sa.ForeignKey("deployments.id", ondelete="CASCADE"), nullable=False),
        sa.Column("playbook", sa.String(100), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("started_at", Utc, nullable=False),
        sa.Column("finished_at", Utc),
        sa.Column("recap", Json, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
    )
    op.create_index("ix_playbook_runs_machine_id_started_at", "playbook_runs", ["machine_id", "started_at"])
    op.create_index("ix_playbook_runs_deployment_id", "playbook_runs", ["deployment_id"])


def downgrade() -> None:
    op.drop_table("playbook_runs")
    op.drop_table("ssh_keys")
    op.drop_column("deployments", "playbook")
    op.drop_column("jobs", "queue")
