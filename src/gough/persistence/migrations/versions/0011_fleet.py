"""Fleet servers, their hosts and policies"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from gough.persistence.types import Utc

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "fleet_servers",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("url_prefix", sa.String(length=200), nullable=False),
        sa.Column("token_sealed", sa.Text(), nullable=False),
        sa.Column("ca", sa.Text(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("username", sa.String(length=255), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("health", sa.String(length=20), nullable=False),
        sa.Column("health_reason", sa.Text(), nullable=False),
        sa.Column("polled_at", Utc(), nullable=True),
        sa.Column("full_at", Utc(), nullable=True),
        sa.Column("policy_cursor", Utc(), nullable=True),
        sa.Column("enrol_cursor", Utc(), nullable=True),
        sa.Column("poll_lease_until", Utc(), nullable=True),
        sa.Column("poll_lease_token", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_fleet_servers"),
        sa.UniqueConstraint("name", name="uq_fleet_servers_name"),
    )
    op.create_table(
        "fleet_hosts",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("server_id", sa.String(length=40), nullable=False),
        sa.Column("host_id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.String(length=255), nullable=False),
        sa.Column("hostname", sa.String(length=255), nullable=False),
        sa.Column("serial", sa.String(length=255), nullable=False),
        sa.Column("platform", sa.String(length=60), nullable=False),
        sa.Column("os_version", sa.String(length=255), nullable=False),
        sa.Column("osquery_version", sa.String(length=60), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("primary_ip", sa.String(length=45), nullable=False),
        sa.Column("failing", sa.Integer(), nullable=False),
        sa.Column("seen_at", Utc(), nullable=True),
        sa.Column("enrolled_at", Utc(), nullable=True),
        sa.Column("policies_at", Utc(), nullable=True),
        sa.Column("observed_at", Utc(), nullable=False),
        sa.Column("machine_id", sa.String(length=40), nullable=True),
        sa.Column("binding", sa.String(length=10), nullable=False),
        sa.Column("binding_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["server_id"], ["fleet_servers.id"], name="fk_fleet_hosts_server_id_fleet_servers", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["machine_id"], ["machines.id"], name="fk_fleet_hosts_machine_id_machines", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_fleet_hosts"),
        sa.UniqueConstraint("server_id", "host_id", name="uq_fleet_hosts_server_id_host_id"),
    )
    op.create_index("ix_fleet_hosts_machine_id", "fleet_hosts", ["machine_id"])
    op.create_index("ix_fleet_hosts_hostname_id", "fleet_hosts", ["hostname", "id"])
    op.create_table(
        "policies",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("server_id", sa.String(length=40), nullable=False),
        sa.Column("policy_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("resolution", sa.Text(), nullable=False),
        sa.Column("platform", sa.String(length=80), nullable=False),
        sa.Column("critical", sa.Boolean(), nullable=False),
        sa.Column("pack", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["server_id"], ["fleet_servers.id"], name="fk_policies_server_id_fleet_servers", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_policies"),
        sa.UniqueConstraint("server_id", "policy_id", name="uq_policies_server_id_policy_id"),
    )
    op.create_table(
        "policy_results",
        sa.Column("policy_id", sa.String(length=40), nullable=False),
        sa.Column("host_id", sa.String(length=40), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("since", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["policy_id"], ["policies.id"], name="fk_policy_results_policy_id_policies", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["host_id"], ["fleet_hosts.id"], name="fk_policy_results_host_id_fleet_hosts", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("policy_id", "host_id", name="pk_policy_results"),
    )
    op.create_index("ix_policy_results_host_id", "policy_results", ["host_id"])


def downgrade() -> None:
    for table in ("policy_results", "policies", "fleet_hosts", "fleet_servers"):
        op.drop_table(table)
