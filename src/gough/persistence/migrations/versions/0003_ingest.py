"""Heartbeats in groups: what an agent's state needs, commands, roll-ups of metrics"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from gough.persistence.types import BigId, Json, Utc

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _new_columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("next_key_hash", sa.String(length=64), nullable=True),
        sa.Column("previous_boot_id", sa.String(length=64), nullable=False, server_default=""),
        sa.Column("boot_heard", sa.String(length=64), nullable=False, server_default=""),
        sa.Column("conditions", Json, nullable=False, server_default="{}"),
        sa.Column("spool_dropped", BigId, nullable=False, server_default="0"),
        sa.Column("commands_open", sa.Integer(), nullable=False, server_default="0"),
    )


def upgrade() -> None:
    op.drop_index("ix_agents_last_seen_at", table_name="agents")
    for column in _new_columns():
        op.add_column("agents", column)
    op.drop_column("agents", "last_sample")  # it is the newest of agent_samples
    if op.get_bind().dialect.name == "postgresql":  # room on each page for the next state of its rows
        op.execute("ALTER TABLE agents SET (fillfactor = 50)")
    op.create_table(
        "agent_commands",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("agent_id", sa.String(length=40), nullable=False),
        sa.Column("command", sa.String(length=50), nullable=False),
        sa.Column("asked_by", sa.String(length=150), nullable=False),
        sa.Column("asked_at", Utc(), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=True),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("ended_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name="fk_agent_commands_agent_id_agents", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_agent_commands"),
    )
    op.create_index("ix_agent_commands_agent_id", "agent_commands", ["agent_id"])
    op.create_table(
        "metric_rollups",
        sa.Column("machine_id", sa.String(length=40), nullable=False),
        sa.Column("step", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("last_at", Utc(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["machine_id"], ["machines.id"], name="fk_metric_rollups_machine_id_machines", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("machine_id", "step", "at", name="pk_metric_rollups"),
    )
    op.create_index("ix_metric_rollups_step_at", "metric_rollups", ["step", "at"])
    op.create_table(
        "metric_marks",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("received_at", Utc(), nullable=False),
        sa.Column("agent_id", sa.String(length=40), nullable=False),
        sa.Column("sequence", BigId, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_metric_marks"),
    )
    marks = sa.table("metric_marks", sa.column("id"), sa.column("received_at", Utc), sa.column("agent_id"),
                     sa.column("sequence"))  # fmt: skip
    begin = datetime(1970, 1, 1, tzinfo=UTC)
    op.bulk_insert(marks, [{"id": 1, "received_at": begin, "agent_id": "", "sequence": 0}])


def downgrade() -> None:
    op.drop_table("metric_marks")
    op.drop_table("metric_rollups")
    op.drop_table("agent_commands")
    op.add_column("agents", sa.Column("last_sample", Json, nullable=True))
    for column in _new_columns():
        op.drop_column("agents", column.name)
    op.create_index("ix_agents_last_seen_at", "agents", ["last_seen_at"])
