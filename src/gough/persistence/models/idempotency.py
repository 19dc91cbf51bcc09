"""Answers kept for programs that ask the same thing twice."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from gough.persistence.models.base import Base
from gough.persistence.types import Utc


class KeptAnswer(Base):
    """What one caller's request with an `Idempotency-Key` was answered; nothing yet while it runs.

    `fingerprint` is a hash of the request. `claim` names the run that may write the answer, so that one which was
    given up for dead cannot.
    """

    __tablename__ = "kept_answers"

    caller: Mapped[str] = mapped_column(String(150), primary_key=True)
    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    claim: Mapped[str] = mapped_column(String(40))
    answer_sealed: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Utc)
    expires_at: Mapped[datetime] = mapped_column(Utc, index=True)
