"""Second factors, API keys, tokens, the audit log"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from gough.persistence.types import BigId, Json, Utc

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_NEW = ("reset_until", "reset_hash", "totp_step", "totp_pending_sealed", "totp_sealed", "signed_in_at")


def upgrade() -> None:
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("signed_in_at", Utc(), nullable=True))
        users.add_column(sa.Column("totp_sealed", sa.Text(), nullable=True))
        users.add_column(sa.Column("totp_pending_sealed", sa.Text(), nullable=True))
        users.add_column(sa.Column("totp_step", BigId, nullable=False, server_default="0"))
        users.add_column(sa.Column("reset_hash", sa.String(length=64), nullable=True))
        users.add_column(sa.Column("reset_until", Utc(), nullable=True))
        users.create_unique_constraint("uq_users_reset_hash", ["reset_hash"])
    op.create_table(
        "recovery_codes",
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("used_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_recovery_codes_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "code_hash", name="pk_recovery_codes"),
    )
    _keys()
    _tokens()
    _audit()


def _keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("old_secret_hash", sa.String(length=64), nullable=True),
        sa.Column("old_until", Utc(), nullable=True),
        sa.Column("scopes", Json, nullable=False),
        sa.Column("networks", Json, nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("rotated_at", Utc(), nullable=True),
        sa.Column("expires_at", Utc(), nullable=True),
        sa.Column("used_at", Utc(), nullable=True),
        sa.Column("used_from", sa.String(length=45), nullable=False),
        sa.Column("revoked_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_api_keys_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
    )
    op.create_index("ix_api_keys_user_id", "api_keys", ["user_id"])


def _tokens() -> None:
    op.create_table(
        "token_families",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("expires_at", Utc(), nullable=False),
        sa.Column("used_at", Utc(), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("revoked_at", Utc(), nullable=True),
        sa.Column("revoked_because", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_token_families_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_token_families"),
    )
    op.create_index("ix_token_families_user_id", "token_families", ["user_id"])
    op.create_index("ix_token_families_expires_at", "token_families", ["expires_at"])
    op.create_table(
        "refresh_tokens",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("family_id", sa.String(length=40), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("used_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(
            ["family_id"], ["token_families.id"], name="fk_refresh_tokens_family_id_token_families", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name="pk_refresh_tokens"),
    )
    op.create_index("ix_refresh_tokens_family_id", "refresh_tokens", ["family_id"])


def _audit() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("actor", sa.String(length=150), nullable=False),
        sa.Column("via", sa.String(length=40), nullable=False),
        sa.Column("action", sa.String(length=150), nullable=False),
        sa.Column("target", sa.String(length=300), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("position", BigId, nullable=True),
        sa.Column("hash", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_audit_log"),
        sa.UniqueConstraint("position", name="uq_audit_log_position"),
    )
    op.create_index("ix_audit_log_at_id", "audit_log", ["at", "id"])
    op.create_index("ix_audit_log_actor", "audit_log", ["actor"])
    op.create_table(
        "audit_checkpoints",
        sa.Column("position", BigId, autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.Column("public_key", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_audit_checkpoints"),
    )


def downgrade() -> None:
    op.drop_table("audit_checkpoints")
    op.drop_table("audit_log")
    op.drop_table("refresh_tokens")
    op.drop_table("token_families")
    op.drop_table("api_keys")
    op.drop_table("recovery_codes")
    with op.batch_alter_table("users") as users:
        users.drop_constraint("uq_users_reset_hash", type_="unique")
        for column in _NEW:
            users.drop_column(column)
