"""People, their sessions and recovery codes, and the settings that Gough keeps for itself."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gough.persistence.models.base import Base
from gough.persistence.types import BigId, Json, Utc, new_id


class User(Base):
    """`totp_step` is the newest step whose code was taken: a code is good once.

    `totp_pending_sealed` is a second factor that its owner has not confirmed yet. `reset_hash` is the hash of a
    one-time secret that sets a new password, good until `reset_until`.
    """

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("usr"))
    name: Mapped[str] = mapped_column(String(80), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(Utc)
    signed_in_at: Mapped[datetime | None] = mapped_column(Utc)
    disabled_at: Mapped[datetime | None] = mapped_column(Utc)
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(Utc)
    totp_sealed: Mapped[str | None] = mapped_column(Text)
    totp_pending_sealed: Mapped[str | None] = mapped_column(Text)
    totp_step: Mapped[int] = mapped_column(BigId, default=0)
    reset_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    reset_until: Mapped[datetime | None] = mapped_column(Utc)


class RecoveryCode(Base):
    """Signs in once in place of a second factor that was lost."""

    __tablename__ = "recovery_codes"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    used_at: Mapped[datetime | None] = mapped_column(Utc)


class LoginSession(Base):
    """A portal session; the cookie holds the secret, the row its hash.

    `id_token_sealed` is the identity provider's word that began it; None where a password did.
    """

    __tablename__ = "sessions"

    secret_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    csrf_token: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Utc)
    expires_at: Mapped[datetime] = mapped_column(Utc)
    address: Mapped[str] = mapped_column(String(45), default="")
    id_token_sealed: Mapped[str | None] = mapped_column(Text)

    user: Mapped[User] = relationship()


class Setting(Base):
    """What Gough must remember about itself, such as the hash of the one-time set-up secret."""

    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[Any] = mapped_column(Json)
