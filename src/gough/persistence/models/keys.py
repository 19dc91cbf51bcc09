"""What programs identify themselves with: API keys, and the tokens of a sign-in over the API. Secrets are hashed."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gough.persistence.models.base import Base
from gough.persistence.models.people import User
from gough.persistence.types import Json, Utc, new_id


class ApiKey(Base):
    """`gough_<id>_<secret>`. After a rotation the old secret is good until `old_until`.

    `scopes` are permissions, `networks` are CIDR; no network means any. What was used is written once a minute.
    """

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    secret_hash: Mapped[str] = mapped_column(String(64))
    old_secret_hash: Mapped[str | None] = mapped_column(String(64))
    old_until: Mapped[datetime | None] = mapped_column(Utc)
    scopes: Mapped[list[str]] = mapped_column(Json, default=list)
    networks: Mapped[list[str]] = mapped_column(Json, default=list)
    created_at: Mapped[datetime] = mapped_column(Utc)
    rotated_at: Mapped[datetime | None] = mapped_column(Utc)
    expires_at: Mapped[datetime | None] = mapped_column(Utc)
    used_at: Mapped[datetime | None] = mapped_column(Utc)
    used_from: Mapped[str] = mapped_column(String(45), default="")
    revoked_at: Mapped[datetime | None] = mapped_column(Utc)

    user: Mapped[User] = relationship()


class TokenFamily(Base):
    """One sign-in over the API: every refresh token that came of it, and the access tokens they gave."""

    __tablename__ = "token_families"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("fam"))
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(Utc)
    expires_at: Mapped[datetime] = mapped_column(Utc, index=True)
    used_at: Mapped[datetime] = mapped_column(Utc)
    address: Mapped[str] = mapped_column(String(45), default="")
    revoked_at: Mapped[datetime | None] = mapped_column(Utc)
    revoked_because: Mapped[str] = mapped_column(String(40), default="")

    user: Mapped[User] = relationship()


class RefreshToken(Base):
    """Good once. One that comes again was stolen, or its answer was lost: nobody can tell, so its family ends."""

    __tablename__ = "refresh_tokens"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    family_id: Mapped[str] = mapped_column(ForeignKey("token_families.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(Utc)
    used_at: Mapped[datetime | None] = mapped_column(Utc)

    family: Mapped[TokenFamily] = relationship()
