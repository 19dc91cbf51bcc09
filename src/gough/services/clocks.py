"""Telling on the timeline that a machine's clock is wrong: it explains failures that look like others."""

from datetime import datetime

from sqlalchemy.orm import Session

from gough.domain.clocks import in_words
from gough.domain.timeline import GoughEvent, Level, Source, TimelineEvent
from gough.services.once import record_once


def tell(session: Session, machine_id: str, skew_seconds: float, now: datetime) -> None:
    """Once in each of the machine's jobs, as long as it is wrong by about as much."""
    said = f"the machine's clock is {in_words(skew_seconds)}"
    event = TimelineEvent(Source.GOUGH, GoughEvent.CLOCK_OFF, said, now, Level.WARNING)
    record_once(session, machine_id, event, now=now)
