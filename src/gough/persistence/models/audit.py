"""Who did what. Rows are added and never changed, but for their place in the chain."""

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from gough.persistence.models.base import Base
from gough.persistence.types import BigId, Utc


class AuditEntry(Base):
    """`via` is how the actor was known: session, token, key, cli, or nothing. `change` is JSON: before and after.

    `position` and `hash` are given when the entry is put into the chain, a moment after it was written.
    """

    __tablename__ = "audit_log"
    __table_args__ = (Index("ix_audit_log_at_id", "at", "id"), Index("ix_audit_log_actor", "actor"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(Utc)
    actor: Mapped[str] = mapped_column(String(150))
    via: Mapped[str] = mapped_column(String(40))
    action: Mapped[str] = mapped_column(String(150))
    target: Mapped[str] = mapped_column(String(300))
    outcome: Mapped[str] = mapped_column(String(40))
    address: Mapped[str] = mapped_column(String(45))
    request_id: Mapped[str] = mapped_column(String(64))
    change: Mapped[str] = mapped_column(Text)
    position: Mapped[int | None] = mapped_column(BigId, unique=True)
    hash: Mapped[str | None] = mapped_column(String(64))


class AuditCheckpoint(Base):
    """A signed statement: at `position` the chain's hash was this. `kind` is `batch`, or `retention`.

    A `retention` checkpoint says besides that the entries up to it were removed on purpose.
    """

    __tablename__ = "audit_checkpoints"

    position: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Utc)
    kind: Mapped[str] = mapped_column(String(10), default="batch")
    signature: Mapped[str] = mapped_column(String(128))
    public_key: Mapped[str] = mapped_column(String(64))
