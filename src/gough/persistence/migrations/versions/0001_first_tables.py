"""First tables"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from gough.persistence.types import BigId, Json, Utc

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "maas_regions",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("api_key_sealed", sa.Text(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("username", sa.String(length=150), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("health", sa.String(length=20), nullable=False),
        sa.Column("health_reason", sa.Text(), nullable=False),
        sa.Column("imported_at", Utc(), nullable=True),
        sa.Column("event_cursor", BigId, nullable=True),
        sa.Column("polled_at", Utc(), nullable=True),
        sa.Column("presence_at", Utc(), nullable=True),
        sa.Column("poll_lease_until", Utc(), nullable=True),
        sa.Column("poll_lease_token", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_maas_regions"),
        sa.UniqueConstraint("name", name="uq_maas_regions_name"),
    )
    op.create_table(
        "settings",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("value", Json, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_settings"),
    )
    op.create_table(
        "stream_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("position", BigId, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stream_head"),
    )
    op.create_table(
        "templates",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_templates"),
        sa.UniqueConstraint("name", name="uq_templates_name"),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("disabled_at", Utc(), nullable=True),
        sa.Column("failed_logins", sa.Integer(), nullable=False),
        sa.Column("locked_until", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("name", name="uq_users_name"),
    )
    op.create_table(
        "machines",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("region_id", sa.String(length=40), nullable=False),
        sa.Column("system_id", sa.String(length=41), nullable=False),
        sa.Column("hostname", sa.String(length=255), nullable=False),
        sa.Column("fqdn", sa.String(length=255), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("status_message", sa.Text(), nullable=False),
        sa.Column("status_since", Utc(), nullable=False),
        sa.Column("power_state", sa.String(length=20), nullable=False),
        sa.Column("power_type", sa.String(length=40), nullable=False),
        sa.Column("architecture", sa.String(length=40), nullable=False),
        sa.Column("cpu_count", sa.Integer(), nullable=False),
        sa.Column("memory_mib", sa.Integer(), nullable=False),
        sa.Column("storage_mb", sa.Double(), nullable=False),
        sa.Column("zone", sa.String(length=255), nullable=False),
        sa.Column("pool", sa.String(length=255), nullable=False),
        sa.Column("owner", sa.String(length=150), nullable=False),
        sa.Column("osystem", sa.String(length=40), nullable=False),
        sa.Column("distro_series", sa.String(length=40), nullable=False),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("hardware_uuid", sa.String(length=36), nullable=False),
        sa.Column("serial", sa.String(length=255), nullable=False),
        sa.Column("tags", Json, nullable=False),
        sa.Column("mac_addresses", Json, nullable=False),
        sa.Column("ip_addresses", Json, nullable=False),
        sa.Column("owner_data", Json, nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("first_seen_at", Utc(), nullable=False),
        sa.Column("observed_at", Utc(), nullable=False),
        sa.Column("vanished_at", Utc(), nullable=True),
        sa.Column("service", sa.String(length=20), nullable=False),
        sa.Column("service_since", Utc(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("next_action", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["region_id"], ["maas_regions.id"], name="fk_machines_region_id_maas_regions"),
        sa.PrimaryKeyConstraint("id", name="pk_machines"),
        sa.UniqueConstraint("region_id", "system_id", name="uq_machines_region_id_system_id"),
    )
    op.create_index("ix_machines_hostname", "machines", ["hostname"], unique=False)
    op.create_index("ix_machines_service_hostname", "machines", ["service", "hostname"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.Column("csrf_token", sa.String(length=64), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("expires_at", Utc(), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_sessions_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("secret_hash", name="pk_sessions"),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"], unique=False)
    op.create_table(
        "template_versions",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("template_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.Column("metadata_text", sa.Text(), nullable=False),
        sa.Column("body_text", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(length=150), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["template_id"], ["templates.id"], name="fk_template_versions_template_id_templates"),
        sa.PrimaryKeyConstraint("id", name="pk_template_versions"),
        sa.UniqueConstraint("template_id", "checksum", name="uq_template_versions_template_id_checksum"),
        sa.UniqueConstraint("template_id", "number", name="uq_template_versions_template_id_number"),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("machine_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("parameters", Json, nullable=False),
        sa.Column("created_by", sa.String(length=150), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("started_at", Utc(), nullable=True),
        sa.Column("finished_at", Utc(), nullable=True),
        sa.Column("submitted_at", Utc(), nullable=True),
        sa.Column("events_after", BigId, nullable=False),
        sa.Column("superseded", sa.Boolean(), nullable=False),
        sa.Column("cancel_requested_by", sa.String(length=150), nullable=True),
        sa.Column("wake_at", Utc(), nullable=True),
        sa.Column("signals", sa.Integer(), nullable=False),
        sa.Column("lease_token", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(length=120), nullable=True),
        sa.Column("lease_until", Utc(), nullable=True),
        sa.Column("diagnosis", Json, nullable=True),
        sa.ForeignKeyConstraint(["machine_id"], ["machines.id"], name="fk_jobs_machine_id_machines"),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
    )
    op.create_index("ix_jobs_created_at_id", "jobs", ["created_at", "id"], unique=False)
    op.create_index("ix_jobs_machine_id", "jobs", ["machine_id"], unique=False)
    op.create_index(
        "ix_jobs_wake",
        "jobs",
        ["wake_at"],
        unique=False,
        postgresql_where=sa.text("wake_at IS NOT NULL"),
        sqlite_where=sa.text("wake_at IS NOT NULL"),
    )
    op.create_index(
        "uq_jobs_active_machine",
        "jobs",
        ["machine_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('queued', 'running')"),
        sqlite_where=sa.text("state IN ('queued', 'running')"),
    )
    op.create_table(
        "machine_events",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("position", BigId, nullable=True),
        sa.Column("machine_id", sa.String(length=40), nullable=False),
        sa.Column("job_id", sa.String(length=40), nullable=True),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=120), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=150), nullable=False),
        sa.Column("detail", Json, nullable=True),
        sa.Column("occurred_at", Utc(), nullable=False),
        sa.Column("recorded_at", Utc(), nullable=False),
        sa.Column("dedup_key", sa.String(length=160), nullable=True),
        sa.ForeignKeyConstraint(["machine_id"], ["machines.id"], name="fk_machine_events_machine_id_machines"),
        sa.PrimaryKeyConstraint("id", name="pk_machine_events"),
        sa.UniqueConstraint("dedup_key", name="uq_machine_events_dedup_key"),
        sa.UniqueConstraint("position", name="uq_machine_events_position"),
    )
    op.create_index("ix_machine_events_job_id", "machine_events", ["job_id"], unique=False)
    op.create_index("ix_machine_events_machine_id_id", "machine_events", ["machine_id", "id"], unique=False)
    op.create_index(
        "ix_machine_events_unplaced",
        "machine_events",
        ["id"],
        unique=False,
        postgresql_where=sa.text("position IS NULL"),
        sqlite_where=sa.text("position IS NULL"),
    )
    op.create_table(
        "deployments",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("job_id", sa.String(length=40), nullable=False),
        sa.Column("machine_id", sa.String(length=40), nullable=False),
        sa.Column("template_version_id", sa.String(length=40), nullable=False),
        sa.Column("submission", sa.Integer(), nullable=False),
        sa.Column("series", sa.String(length=60), nullable=False),
        sa.Column("variables_sealed", sa.Text(), nullable=False),
        sa.Column("variables_shown", Json, nullable=False),
        sa.Column("user_data_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("user_data_redacted", sa.Text(), nullable=False),
        sa.Column("user_data_sha256", sa.String(length=64), nullable=False),
        sa.Column("findings", Json, nullable=False),
        sa.Column("cloud_init_finished_at", Utc(), nullable=True),
        sa.Column("cloud_init_failed_at", Utc(), nullable=True),
        sa.Column("in_service_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_deployments_job_id_jobs", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["machine_id"], ["machines.id"], name="fk_deployments_machine_id_machines"),
        sa.ForeignKeyConstraint(
            ["template_version_id"],
            ["template_versions.id"],
            name="fk_deployments_template_version_id_template_versions",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_deployments"),
        sa.UniqueConstraint("job_id", name="uq_deployments_job_id"),
    )
    op.create_index("ix_deployments_machine_id", "deployments", ["machine_id"], unique=False)
    op.create_index("ix_deployments_template_version_id", "deployments", ["template_version_id"], unique=False)
    op.create_table(
        "job_logs",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("job_id", sa.String(length=40), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("step", sa.String(length=30), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_job_logs_job_id_jobs", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_job_logs"),
    )
    op.create_index("ix_job_logs_job_id_id", "job_logs", ["job_id", "id"], unique=False)
    op.create_table(
        "job_steps",
        sa.Column("job_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=30), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=True),
        sa.Column("waived_by", sa.String(length=80), nullable=True),
        sa.Column("started_at", Utc(), nullable=True),
        sa.Column("finished_at", Utc(), nullable=True),
        sa.Column("deadline_at", Utc(), nullable=True),
        sa.Column("acted", sa.Boolean(), nullable=False),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("try_again_at", Utc(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_job_steps_job_id_jobs", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "name", name="pk_job_steps"),
    )
    op.create_table(
        "agents",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("machine_id", sa.String(length=40), nullable=False),
        sa.Column("deployment_id", sa.String(length=40), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("hostname", sa.String(length=255), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("boot_id", sa.String(length=64), nullable=False),
        sa.Column("enrolled_at", Utc(), nullable=False),
        sa.Column("last_seen_at", Utc(), nullable=True),
        sa.Column("last_sequence", BigId, nullable=False),
        sa.Column("clock_skew_seconds", sa.Double(), nullable=False),
        sa.Column("last_sample", Json, nullable=True),
        sa.Column("revoked_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name="fk_agents_deployment_id_deployments"),
        sa.ForeignKeyConstraint(["machine_id"], ["machines.id"], name="fk_agents_machine_id_machines"),
        sa.PrimaryKeyConstraint("id", name="pk_agents"),
        sa.UniqueConstraint("key_hash", name="uq_agents_key_hash"),
    )
    op.create_index("ix_agents_deployment_id", "agents", ["deployment_id"], unique=False)
    op.create_index("ix_agents_last_seen_at", "agents", ["last_seen_at"], unique=False)
    op.create_index("ix_agents_machine_id", "agents", ["machine_id"], unique=False)
    op.create_table(
        "machine_tokens",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=10), nullable=False),
        sa.Column("deployment_id", sa.String(length=40), nullable=False),
        sa.Column("machine_id", sa.String(length=40), nullable=False),
        sa.Column("bound_key_hash", sa.String(length=64), nullable=True),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("revoked_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(
            ["deployment_id"],
            ["deployments.id"],
            name="fk_machine_tokens_deployment_id_deployments",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["machine_id"], ["machines.id"], name="fk_machine_tokens_machine_id_machines"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_machine_tokens"),
    )
    op.create_index("ix_machine_tokens_deployment_id", "machine_tokens", ["deployment_id"], unique=False)
    op.create_table(
        "agent_samples",
        sa.Column("agent_id", sa.String(length=40), nullable=False),
        sa.Column("sequence", BigId, autoincrement=False, nullable=False),
        sa.Column("sent_at", Utc(), nullable=False),
        sa.Column("received_at", Utc(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name="fk_agent_samples_agent_id_agents", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("agent_id", "sequence", name="pk_agent_samples"),
    )
    op.create_index("ix_agent_samples_received_at", "agent_samples", ["received_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_agent_samples_received_at", table_name="agent_samples")
    op.drop_table("agent_samples")
    op.drop_index("ix_machine_tokens_deployment_id", table_name="machine_tokens")
    op.drop_table("machine_tokens")
    op.drop_index("ix_agents_machine_id", table_name="agents")
    op.drop_index("ix_agents_last_seen_at", table_name="agents")
    op.drop_index("ix_agents_deployment_id", table_name="agents")
    op.drop_table("agents")
    op.drop_table("job_steps")
    op.drop_index("ix_job_logs_job_id_id", table_name="job_logs")
    op.drop_table("job_logs")
    op.drop_index("ix_deployments_template_version_id", table_name="deployments")
    op.drop_index("ix_deployments_machine_id", table_name="deployments")
    op.drop_table("deployments")
    op.drop_index(
        "ix_machine_events_unplaced",
        table_name="machine_events",
        postgresql_where=sa.text("position IS NULL"),
        sqlite_where=sa.text("position IS NULL"),
    )
    op.drop_index("ix_machine_events_machine_id_id", table_name="machine_events")
    op.drop_index("ix_machine_events_job_id", table_name="machine_events")
    op.drop_table("machine_events")
    op.drop_index(
        "uq_jobs_active_machine",
        table_name="jobs",
        postgresql_where=sa.text("state IN ('queued', 'running')"),
        sqlite_where=sa.text("state IN ('queued', 'running')"),
    )
    op.drop_index(
        "ix_jobs_wake",
        table_name="jobs",
        postgresql_where=sa.text("wake_at IS NOT NULL"),
        sqlite_where=sa.text("wake_at IS NOT NULL"),
    )
    op.drop_index("ix_jobs_machine_id", table_name="jobs")
    op.drop_index("ix_jobs_created_at_id", table_name="jobs")
    op.drop_table("jobs")
    op.drop_table("template_versions")
    op.drop_index("ix_sessions_user_id", table_name="sessions")
    op.drop_table("sessions")
    op.drop_index("ix_machines_service_hostname", table_name="machines")
    op.drop_index("ix_machines_hostname", table_name="machines")
    op.drop_table("machines")
    op.drop_table("users")
    op.drop_table("templates")
    op.drop_table("stream_head")
    op.drop_table("settings")
    op.drop_table("maas_regions")
