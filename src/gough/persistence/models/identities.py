"""Who an account is to an identity provider."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gough.persistence.models.base import Base
from gough.persistence.models.people import User
from gough.persistence.types import Utc, new_id


class Identity(Base):
    """`issuer` and `subject` are what a provider never gives to somebody else; a name or an address it may."""

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("idt"))
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    issuer: Mapped[str] = mapped_column(String(500))
    subject: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(Utc)
    signed_in_at: Mapped[datetime] = mapped_column(Utc)

    user: Mapped[User] = relationship()
