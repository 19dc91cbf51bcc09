"""Following regions from three sources; tags as rows; locations; bulk operations; adopted machines"""

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from gough.persistence.types import Json, Utc

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _new_columns() -> dict[str, tuple[sa.Column[Any], ...]]:
    region: tuple[sa.Column[Any], ...] = (
        sa.Column("event_marks", Json, nullable=False, server_default="[]"),
        sa.Column("event_epoch", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("lag_seconds", sa.Double(), nullable=False, server_default="0"),
        sa.Column("remark", sa.Text(), nullable=False, server_default=""),
        sa.Column("import_total", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("import_done", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("chunk_size", sa.Integer(), nullable=False, server_default="20"),
        sa.Column("reread_before", Utc(), nullable=True),
        sa.Column("reconcile_at", Utc(), nullable=True),
        sa.Column("reconcile_period", sa.Double(), nullable=True),
        sa.Column("reconcile_duty", sa.Double(), nullable=True),
        sa.Column("duty", sa.Double(), nullable=True),
        sa.Column("window_began_at", Utc(), nullable=True),
        sa.Column("window_busy", sa.Double(), nullable=False, server_default="0"),
        sa.Column("window_reconcile", sa.Double(), nullable=False, server_default="0"),
        sa.Column("max_in_flight", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("feed_username", sa.String(length=150), nullable=False, server_default=""),
        sa.Column("feed_password_sealed", sa.Text(), nullable=True),
        sa.Column("feed_state", sa.String(length=10), nullable=False, server_default="off"),
        sa.Column("feed_reason", sa.Text(), nullable=False, server_default=""),
    )
    machine: tuple[sa.Column[Any], ...] = (
        sa.Column("hwe_kernel", sa.String(length=60), nullable=False, server_default=""),
        sa.Column("site", sa.String(length=80), nullable=False, server_default=""),
        sa.Column("rack", sa.String(length=80), nullable=False, server_default=""),
        sa.Column("rack_unit", sa.Double(), nullable=True),
    )
    job: tuple[sa.Column[Any], ...] = (sa.Column("dispatched_at", Utc(), nullable=True),)
    step: tuple[sa.Column[Any], ...] = (
        sa.Column("progress", sa.String(length=200), nullable=False, server_default=""),
    )
    template_version: tuple[sa.Column[Any], ...] = (
        sa.Column("parts_text", Json, nullable=False, server_default="{}"),
        sa.Column("tests_text", sa.Text(), nullable=False, server_default=""),
        sa.Column("ancestors", Json, nullable=False, server_default="[]"),
        sa.Column("note", sa.Text(), nullable=False, server_default=""),
    )
    return {
        "template_versions": template_version,
        "maas_regions": region,
        "machines": machine,
        "jobs": job,
        "job_steps": step,
    }


def upgrade() -> None:
    for table, columns in _new_columns().items():
        for column in columns:
            op.add_column(table, column)
    op.create_index("ix_machines_region_id_observed_at", "machines", ["region_id", "observed_at"])
    op.create_index("ix_machines_serial", "machines", ["serial"])
    op.create_index("ix_machines_status_hostname", "machines", ["status", "hostname"])
    op.create_index("ix_machines_status_since_id", "machines", ["status_since", "id"])
    op.create_index("ix_machines_site_rack", "machines", ["site", "rack"])
    op.create_index("ix_machines_facets", "machines", ["vanished_at", "status", "service", "zone", "pool", "site"])
    with op.batch_alter_table("deployments") as deployments:
        deployments.alter_column("template_version_id", existing_type=sa.String(length=40), nullable=True)
    with op.batch_alter_table("template_versions") as versions:  # old content may become the newest version again
        versions.drop_constraint("uq_template_versions_template_id_checksum", type_="unique")
    _tags()
    _bulk()
    _windows()


def _tags() -> None:
    op.create_table(
        "machine_tags",
        sa.Column("tag", sa.String(length=256), nullable=False),
        sa.Column("machine_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["machine_id"], ["machines.id"], name="fk_machine_tags_machine_id_machines", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tag", "machine_id", name="pk_machine_tags"),
    )
    op.create_index("ix_machine_tags_machine_id", "machine_tags", ["machine_id"])
    machines = sa.table("machines", sa.column("id"), sa.column("tags", Json))
    rows = [
        {"machine_id": machine_id, "tag": tag}
        for machine_id, tags in op.get_bind().execute(sa.select(machines.c.id, machines.c.tags))
        for tag in dict.fromkeys(json.loads(tags) if isinstance(tags, str) else tags)
    ]
    if rows:
        op.bulk_insert(sa.table("machine_tags", sa.column("machine_id"), sa.column("tag")), rows)


def _bulk() -> None:
    op.create_table(
        "bulk_operations",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("parameters_sealed", sa.Text(), nullable=False),
        sa.Column("parameters_shown", Json, nullable=False),
        sa.Column("max_in_flight", sa.Integer(), nullable=False),
        sa.Column("stop_after", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(length=150), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("finished_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_bulk_operations"),
    )
    op.create_index("ix_bulk_operations_created_at_id", "bulk_operations", ["created_at", "id"])
    op.create_index("ix_bulk_operations_state", "bulk_operations", ["state"])
    op.create_table(
        "bulk_items",
        sa.Column("bulk_id", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("machine_id", sa.String(length=40), nullable=False),
        sa.Column("job_id", sa.String(length=40), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bulk_id"], ["bulk_operations.id"], name="fk_bulk_items_bulk_id_bulk_operations", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_bulk_items_job_id_jobs"),
        sa.ForeignKeyConstraint(["machine_id"], ["machines.id"], name="fk_bulk_items_machine_id_machines"),
        sa.PrimaryKeyConstraint("bulk_id", "position", name="pk_bulk_items"),
    )
    op.create_index("ix_bulk_items_job_id", "bulk_items", ["job_id"])
    op.create_index("ix_bulk_items_machine_id", "bulk_items", ["machine_id"])


def _windows() -> None:
    op.create_table(
        "maintenance_windows",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("applies", Json, nullable=False),
        sa.Column("days", Json, nullable=False),
        sa.Column("start", sa.String(length=5), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("timezone", sa.String(length=60), nullable=False),
        sa.Column("created_by", sa.String(length=150), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_maintenance_windows"),
        sa.UniqueConstraint("name", name="uq_maintenance_windows_name"),
    )


def downgrade() -> None:
    """Fails while adopted machines or reverted templates exist: the older schema has no place for them."""
    op.drop_table("maintenance_windows")
    op.drop_table("bulk_items")
    op.drop_table("bulk_operations")
    op.drop_table("machine_tags")
    with op.batch_alter_table("deployments") as deployments:
        deployments.alter_column("template_version_id", existing_type=sa.String(length=40), nullable=False)
    with op.batch_alter_table("template_versions") as versions:
        versions.create_unique_constraint("uq_template_versions_template_id_checksum", ["template_id", "checksum"])
    op.drop_index("ix_machines_facets", table_name="machines")
    op.drop_index("ix_machines_site_rack", table_name="machines")
    op.drop_index("ix_machines_status_since_id", table_name="machines")
    op.drop_index("ix_machines_status_hostname", table_name="machines")
    op.drop_index("ix_machines_serial", table_name="machines")
    op.drop_index("ix_machines_region_id_observed_at", table_name="machines")
    for table, columns in _new_columns().items():
        for column in columns:
            op.drop_column(table, column.name)
