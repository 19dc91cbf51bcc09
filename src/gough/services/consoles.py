"""Machines' serial consoles, as a console server keeps them: a file a machine that only grows (GOUGH_CONSOLE_DIR)."""

import os
import re
import stat
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from gough.domain.consoles import last_lines
from gough.domain.timeline import ConsoleEvent, Source, TimelineEvent
from gough.persistence.models import Job
from gough.services import timeline
from gough.services.context import Use

TAIL = 16 * 1024  # bytes; firmware needs many for a few words
HOSTNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")


def quote(use: Use, session: Session, job: Job, now: datetime) -> None:
    """The console's last lines onto the machine's timeline, for a diagnosis to quote. Nothing where there is no log.

    The event's time is that of the last line: what is old says that the machine has been silent since.
    """
    folder = use.settings.console_dir
    found = None if folder is None else _tail(folder, job.machine.hostname)
    if found is None:
        return
    said, written = found
    if job.started_at is not None and written < job.started_at:
        return  # it was said before this job began
    text = "\n".join(last_lines(said))
    if text:
        event = TimelineEvent(Source.CONSOLE, ConsoleEvent.LAST_LINES, text, min(written, now))
        timeline.record(session, job.machine_id, event, now=now, job_id=job.id)


def _tail(folder: Path, hostname: str) -> tuple[str, datetime] | None:
    """(its end, when it was written); None when it cannot be read. Whatever MAAS says, nothing outside is opened."""
    if not HOSTNAME.fullmatch(hostname):
        return None
    try:
        with os.fdopen(os.open(folder / f"{hostname}.log", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                return None
            file.seek(max(0, about.st_size - TAIL))
            return file.read(TAIL).decode(errors="replace"), datetime.fromtimestamp(about.st_mtime, UTC)
    except OSError:
        return None
